//! Small trees of files for what real repositories seldom use: a name, the files, and whether both refuse.

/// A path and a text.
type File = (&'static str, &'static str);

const DEPLOYMENT: File = (
    "app/deployment.yaml",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: cart\n  labels: {app: cart}\nspec:\n  replicas: 1\n  \
     template:\n    metadata: {labels: {app: cart}}\n    spec:\n      containers:\n        - name: cart\n          \
     image: example.com/cart:1\n          env: [{name: A, value: a}]\n          envFrom: [{configMapRef: {name: settings}}]\n",
);

/// Every case.
pub const ALL: &[(&str, &[File], bool)] = &[
    (
        "generators, hashes and references to them",
        &[
            DEPLOYMENT,
            ("app/settings.env", "# comment\nA=1\n  B=two words \nC\n"),
            ("app/file.txt", "first\n  <second> & \"third\"\n"),
            (
                "app/kustomization.yaml",
                "resources: [deployment.yaml]\nnamePrefix: dev-\nconfigMapGenerator:\n- name: settings\n  envs: \
                 [settings.env]\n  literals: [x=1, 'y=\"quoted\"', z=a=b]\n  files: [file.txt, other=file.txt]\n\
                 secretGenerator:\n- name: token\n  type: example.com/token\n  literals: [token=0123456789012345678901234567890123456789012345678901234567890123456789]\n\
                 generatorOptions: {labels: {team: shop}, annotations: {note: x}, immutable: true}\n",
            ),
        ],
        false,
    ),
    (
        "generators that merge and replace",
        &[
            (
                "base/kustomization.yaml",
                "configMapGenerator:\n- name: a\n  literals: [x=1, y=2]\n- name: b\n  literals: [x=1]\n- name: c\n  literals: [x=1]\n  options: {disableNameSuffixHash: true}\n",
            ),
            (
                "app/kustomization.yaml",
                "resources: [../base]\nnamespace: shop\nconfigMapGenerator:\n- {name: a, behavior: merge, literals: \
                 [y=3, z=4]}\n- {name: b, behavior: replace, literals: [w=1]}\n- {name: c, behavior: merge, literals: [w=1]}\n",
            ),
        ],
        false,
    ),
    (
        "replacements",
        &[
            DEPLOYMENT,
            (
                "app/from.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from}\ndata: {image: a/b/c, count: '3'}\n",
            ),
            (
                "app/kustomization.yaml",
                "resources: [deployment.yaml, from.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: \
                 data.image, options: {delimiter: /, index: 1}}\n  targets:\n  - select: {kind: Deployment}\n    \
                 fieldPaths: ['spec.template.spec.containers.[name=cart].image']\n    options: {delimiter: ':', index: 1}\n\
                 - source: {kind: ConfigMap, fieldPath: data.count}\n  targets:\n  - select: {name: cart}\n    fieldPaths: \
                 [spec.replicas]\n  - select: {name: cart}\n    fieldPaths: [metadata.annotations.count]\n    options: \
                 {create: true}\n",
            ),
        ],
        false,
    ),
    (
        "vars and configurations",
        &[
            DEPLOYMENT,
            (
                "app/service.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {ports: [{port: 80}]}\n",
            ),
            (
                "app/cart.yaml",
                "apiVersion: example.com/v1\nkind: Cart\nmetadata: {name: a}\nspec: {service: cart, url: 'http://$(NAME):$(PORT)', port: $(PORT)}\n",
            ),
            (
                "app/config.yaml",
                "varReference:\n- {path: spec/url, kind: Cart}\n- {path: spec/port, kind: Cart}\nnameReference:\n- kind: Service\n  version: v1\n  fieldSpecs:\n  - {path: spec/service, kind: Cart}\n",
            ),
            (
                "app/kustomization.yaml",
                "resources: [deployment.yaml, service.yaml, cart.yaml]\nnameSuffix: -x\nconfigurations: [config.yaml]\n\
                 vars:\n- {name: NAME, objref: {apiVersion: v1, kind: Service, name: cart}}\n- {name: PORT, objref: \
                 {apiVersion: v1, kind: Service, name: cart}, fieldref: {fieldpath: 'spec.ports[0].port'}}\n",
            ),
        ],
        false,
    ),
    (
        "patches that change names and select by label",
        &[
            DEPLOYMENT,
            (
                "app/kustomization.yaml",
                "resources: [deployment.yaml]\npatches:\n- target: {labelSelector: app=cart}\n  patch: |-\n    - op: add\n      \
                 path: /metadata/annotations/example.com~1x\n      value: 'true'\n    - {op: replace, path: \
                 /spec/template/spec/containers/0/image, value: b}\n- target: {kind: Deploy.*}\n  patch: |-\n    kind: x\n    \
                 metadata: {name: other}\n  options: {allowNameChange: true}\n- patch: |-\n    apiVersion: apps/v1\n    kind: \
                 Deployment\n    metadata: {name: cart, labels: {x: y}}\n    spec: {template: {spec: {containers: [{name: new, \
                 image: n}, {name: cart, env: [{name: B, value: b}, {name: A, $patch: delete}]}]}}}\n",
            ),
        ],
        false,
    ),
    (
        "scalars that readers read differently",
        &[
            (
                "app/a.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {t: true, d: 2020-01-01, n: null}}\nx: {on: on, y: yes, oct: 0777, oct2: 0o17, eq: =, e: 1e3, s: 1:30, t: !!str 1}\n",
            ),
            ("app/kustomization.yaml", "resources: [a.yaml]\ncommonAnnotations: {a: 'yes'}\n"),
        ],
        false,
    ),
    (
        "a list of objects, a component, replicas and images",
        &[
            DEPLOYMENT,
            (
                "app/list.yaml",
                "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: _}}\n- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n",
            ),
            (
                "app/part/kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nreplicas: [{name: cart, count: 3}]\nimages: [{name: example.com/cart, newTag: '2', digest: 'sha256:00'}]\n",
            ),
            (
                "app/kustomization.yaml",
                "resources: [deployment.yaml, list.yaml]\ncomponents: [part]\nnamespace: shop\nlabels: [{pairs: {a: b}, includeSelectors: true}]\n",
            ),
        ],
        false,
    ),
    (
        "folded texts",
        &[
            (
                "app/a.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: >-\n    one\n      two\n    )\n  b: >\n    one\n    two\n\n    three\n  c: >+\n    one\n\n\n  d: |\n    one\n      two\n",
            ),
            (
                "app/b.yaml",
                "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data:\n    a: >-\n      one\n        two\n    b: |-\n      x\n",
            ),
            (
                "app/kustomization.yaml",
                "resources: [a.yaml, b.yaml]\npatches:\n- target: {name: a}\n  patch: '[{\"op\": \"add\", \"path\": \"/data/z\", \"value\": \"z\"}]'\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: b}\n    data:\n      b: >-\n        one\n          two\n      c: >-\n        one\n          two\n",
            ),
        ],
        false,
    ),
    (
        "a patch that is JSON only at first sight",
        &[
            DEPLOYMENT,
            (
                "app/kustomization.yaml",
                "resources: [deployment.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: '[{op: remove, path: /spec}]'\n",
            ),
        ],
        true,
    ),
    (
        "a letter that is a boolean",
        &[DEPLOYMENT, ("app/kustomization.yaml", "resources: [deployment.yaml]\nnamespace: y\n")],
        true,
    ),
    ("a missing file", &[("app/kustomization.yaml", "resources: [missing.yaml]\n")], true),
    (
        "a file outside",
        &[
            ("a.yaml", "kind: A\nmetadata: {name: a}\n"),
            ("app/kustomization.yaml", "resources: [../a.yaml]\n"),
        ],
        true,
    ),
    (
        "a circle",
        &[
            ("app/kustomization.yaml", "resources: [../b]\n"),
            ("b/kustomization.yaml", "resources: [../app]\n"),
        ],
        true,
    ),
    (
        "the folder around",
        &[("kustomization.yaml", "namePrefix: a-\n"), ("app/kustomization.yaml", "resources: [..]\n")],
        true,
    ),
    ("an unknown field", &[("app/kustomization.yaml", "namePrefixes: a\n")], true),
    (
        "a patch for nothing",
        &[
            DEPLOYMENT,
            (
                "app/kustomization.yaml",
                "resources: [deployment.yaml]\npatches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}'\n",
            ),
        ],
        true,
    ),
    (
        "the same object twice",
        &[DEPLOYMENT, ("app/kustomization.yaml", "resources: [deployment.yaml, deployment.yaml]\n")],
        true,
    ),
    (
        "a key given twice",
        &[
            ("app/a.yaml", "apiVersion: v1\nkind: A\nmetadata: {name: a}\nx: 1\nx: 2\n"),
            ("app/kustomization.yaml", "resources: [a.yaml]\n"),
        ],
        true,
    ),
    ("an empty kustomization", &[("app/kustomization.yaml", "kind: Kustomization\n")], true),
    (
        "two kustomizations",
        &[("app/kustomization.yaml", "namePrefix: a-\n"), ("app/kustomization.yml", "namePrefix: a-\n")],
        true,
    ),
];
