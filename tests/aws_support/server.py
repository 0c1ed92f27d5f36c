"""Plays AWS: moto, and before it what moto cannot.

Prints the port it listens on, and ends when its standard input does. Played here are Cloud Control
(control.py), advanced queries and aggregators of AWS Config (rows.py), and CloudTrail, which remembers every
write that passes. Faults are scripted: POST /_play a list of
{"operation": "GetResources", "region": ..., "with": "a part of the request", "after": 0, "times": 1 (-1: always),
"seconds": 0, "status": 200, "type": ..., "body": ...}; POST /_pages the most that a page may hold. POST /_run a
script that has boto3's clients as `client(service, region="us-east-1", account=None)`; what it prints is the answer.
GET /_log gives every request that passed, and what moto or this answered.
"""

import contextlib
import io
import json
import os
import sys
import threading
import time
import traceback
import urllib.parse

os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "test"
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

import clients
import control
import rows
import stack_types

OWN = "played-by-the-tests"


class Request:
    """A request, and what it asks for."""

    def __init__(self, environ):
        size = int(environ.get("CONTENT_LENGTH") or 0)
        self.body = environ["wsgi.input"].read(size)
        environ["wsgi.input"] = io.BytesIO(self.body)
        self.agent = environ.get("HTTP_USER_AGENT", "")
        self.path = environ.get("PATH_INFO", "")
        scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
        self.key, self.region, self.service = (
            (scope + [""] * 5)[0],
            (scope + [""] * 5)[2],
            (scope + [""] * 5)[3],
        )
        self.token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
        self.operation = self.named(environ)

    def named(self, environ):
        """The name of the operation; where it is in no header, what the method and the query say."""
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target:
            return target.rpartition(".")[2]
        if b"Action=" in self.body and self.service != "s3":
            return urllib.parse.parse_qs(self.body.decode()).get("Action", [""])[0]
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "").split("&")[0].split("=")[0]
        if self.service == "s3":
            verb = {"PUT": "Put", "DELETE": "Delete", "GET": "Get", "POST": "Post", "HEAD": "Head"}[method]
            return (
                f"{verb}Bucket{query.title()}"
                if query
                else {"Put": "CreateBucket"}.get(verb, f"{verb}Bucket")
            )
        return {"POST": "Create", "PUT": "Put", "DELETE": "Delete"}.get(method, "Get") + self.service.title()

    def json(self):
        return json.loads(self.body or b"{}")

    def shorten(self, environ, page):
        """Asks for smaller pages."""
        if environ.get("HTTP_X_AMZ_TARGET"):
            asked = self.json()
            for key in {"Limit", "limit", "MaxResults", "ResourcesPerPage"} & asked.keys():
                asked[key] = page
            self.body = json.dumps(asked).encode()
            environ["CONTENT_LENGTH"] = str(len(self.body))
            environ["wsgi.input"] = io.BytesIO(self.body)

    def writes(self):
        return not self.operation.startswith(
            ("Get", "List", "Describe", "Head", "Batch", "Lookup", "Select", "Assume")
        )


class Play:
    """The stage before moto."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        stack_types.install()
        self.lock = threading.Lock()
        self.scripts, self.log, self.events = [], [], []
        self.page = None
        self.aggregated = {"accounts": [clients.ACCOUNT], "regions": ["us-east-1"], "failed": []}

    def __call__(self, environ, start_response):
        request = Request(environ)
        if request.path == "/_run":
            return self.answer(start_response, *run(request.body.decode()))
        if request.path.startswith("/_"):
            return self.answer(start_response, 200, json.dumps(self.direct(request)))
        if self.page and OWN not in request.agent:
            request.shorten(environ, self.page)
        scripted = self.scripted(request)
        played = None
        if scripted is None and OWN not in request.agent:
            played = self.played(request)
        if scripted is None and played is None:
            return self.moto(environ, self.noting(request, start_response))
        status, body, kind = scripted or played
        self.note(request, status)
        return self.answer(start_response, status, body, kind)

    def answer(self, start_response, status, body, kind="application/x-amz-json-1.1"):
        body = body.encode()
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(f"{status} {'OK' if status < 400 else 'Error'}", headers)
        return [body]

    def direct(self, request):
        """What the tests say and ask."""
        if request.path == "/_play":
            with self.lock:
                self.scripts.extend({"after": 0, "times": 1, **script} for script in request.json())
        elif request.path == "/_pages":
            self.page = request.json()
        elif request.path == "/_aggregate":
            self.aggregated.update(request.json())
        elif request.path == "/_log":
            return self.log
        return {}

    def scripted(self, request):
        with self.lock:
            for script in self.scripts:
                fits = script["operation"] == request.operation and script["times"] != 0
                fits = fits and script.get("region", request.region) == request.region
                fits = fits and script.get("with", "").encode() in request.body
                if not fits or OWN in request.agent:
                    continue
                if script["after"] > 0:
                    script["after"] -= 1
                    continue
                script["times"] -= 1
                seconds = script.get("seconds", 0)
                body = script.get("body", "")
                body = body if isinstance(body, str) else json.dumps(body)
                answer = script.get("status", 200), body, script.get("type", "application/x-amz-json-1.1")
                break
            else:
                return None
        time.sleep(seconds)
        return answer

    def played(self, request):
        here = clients.Here(request.key, request.token, request.region)
        play = {
            "GetResource": lambda: control.get(here, request.json()),
            "ListResources": lambda: control.list_resources(here, request.json()),
            "GetDiscoveredResourceCounts": lambda: rows.counts(here, request.json()),
            "ListDiscoveredResources": lambda: rows.discovered(here, request.json()),
            "BatchGetResourceConfig": lambda: rows.batch(here, request.json()),
            "SelectResourceConfig": lambda: rows.select(here, request.json()),
            "SelectAggregateResourceConfig": lambda: rows.select_aggregate(self.aggregated, request.json()),
            "DescribeConfigurationAggregatorSourcesStatus": lambda: rows.sources(self.aggregated),
            "LookupEvents": lambda: self.lookup(request.json()),
        }.get(request.operation)
        if play is None or request.service not in ("config", "cloudcontrolapi", "cloudtrail"):
            return None
        status, body = play()
        return status, json.dumps(body, default=str), "application/x-amz-json-1.1"

    def noting(self, request, start_response):
        def noting(status, *rest):
            self.note(request, int(status.split()[0]))
            return start_response(status, *rest)

        return noting

    def note(self, request, status):
        if OWN in request.agent:
            return
        with self.lock:
            fields = ("operation", "service", "region", "key", "agent")
            self.log.append({"status": status, **{field: getattr(request, field) for field in fields}})
            if request.writes():
                clients.USED.add(request.service)
                text = urllib.parse.unquote_plus(request.body.decode(errors="replace")) + request.path
                self.events.append((time.time(), request.operation, request.agent, text, status))

    def lookup(self, asked):
        name = asked["LookupAttributes"][0]["AttributeValue"]
        found = []
        with self.lock:
            for at, operation, agent, text, status in reversed(self.events):
                if name not in text:
                    continue
                event = {
                    "eventName": operation,
                    "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
                    "userAgent": agent,
                    "userIdentity": {"arn": f"arn:aws:iam::{clients.ACCOUNT}:user/tester"},
                    "readOnly": False,
                    **({"errorCode": "AccessDenied"} if status >= 400 else {}),
                }
                found.append({"EventName": operation, "EventTime": at, "CloudTrailEvent": json.dumps(event)})
        start = int(asked.get("NextToken") or 0)
        end = start + asked.get("MaxResults", 50)
        page = {"Events": found[start:end]}
        return 200, page | ({"NextToken": str(end)} if end < len(found) else {})


def run(script):
    """Runs what a test wants done, here, where boto3 is loaded already."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(script, {"client": clients.tester, "json": json})
    except Exception:
        return 500, traceback.format_exc()
    return 200, printed.getvalue()


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


def main():
    server = make_server("127.0.0.1", 0, Play(), threaded=True, request_handler=Quiet)
    clients.ENDPOINT = f"http://127.0.0.1:{server.server_port}"
    clients.AGENT = OWN
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


main()
