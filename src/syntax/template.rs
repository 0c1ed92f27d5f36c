//! Recognises text templates (Helm, Jinja, gotmpl), which are no YAML and no JSON until rendered.
//!
//! A template is skipped with a count; a file that is merely broken is reported. So an action counts
//! only where no YAML could stand: at the start of a line, item or value, outside comments, quotes and
//! block scalars. Rendering templates is deliberately absent.

/// Whether `path` is a template of a Helm chart: it lies below a `templates` folder that stands beside
/// a `Chart.yaml`. `exists` answers for a path of the same form.
pub fn is_chart_template(path: &str, exists: &dyn Fn(&str) -> bool) -> bool {
    path.match_indices("templates/").any(|(at, _)| {
        let chart = path.get(..at).unwrap_or_default();
        (chart.is_empty() || chart.ends_with('/')) && exists(&format!("{chart}Chart.yaml"))
    })
}

/// Whether `text` has template actions where its own syntax allows none.
pub(super) fn has_actions(text: &str) -> bool {
    // The indentation of the line whose value is the block scalar we are in.
    let mut block: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - content.len();
        if content.is_empty() {
            continue;
        }
        if block.is_some_and(|parent| indent > parent) {
            continue;
        }
        block = None;
        if content.starts_with('#') {
            continue;
        }
        if starts_with_action(content) || values(content).any(starts_with_action) {
            return true;
        }
        block = opens_block_scalar(content).then_some(indent);
    }
    false
}

/// The texts after each unquoted `: `, `- ` or `[` of a line: where a value begins.
fn values(line: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    let mut previous = ' ';
    line.char_indices().filter_map(move |(at, char)| {
        let before = std::mem::replace(&mut previous, char);
        match quote {
            Some(open) => {
                if char == open {
                    quote = None;
                }
                None
            }
            None if matches!(char, '"' | '\'') && matches!(before, ' ' | '[' | '{' | ',' | ':') => {
                quote = Some(char);
                None
            }
            None if matches!(char, ' ' | '{') && matches!(before, ':' | '-' | '[' | ',') => {
                line.get(at..).map(str::trim_start)
            }
            None => None,
        }
    })
}

/// `{%`, or `{{` with an expression: not a JSON-like `{{"a": 1}: 2}`.
fn starts_with_action(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('{') else { return false };
    let Some(expression) = rest.strip_prefix('{') else { return rest.starts_with(['%', '#']) };
    !expression.trim_start().starts_with(['"', '\'', '{', '}'])
}

/// Whether the line ends in a `|` or `>` header such as `key: |-` or `- >2`.
fn opens_block_scalar(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    let header = line.rsplit([' ', '\t']).next().unwrap_or(line);
    header
        .strip_prefix(['|', '>'])
        .is_some_and(|rest| rest.len() <= 2 && rest.chars().all(|c| matches!(c, '-' | '+' | '1'..='9')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_count_where_no_value_can_stand() {
        assert!(has_actions("{{- if .Values.a }}\na: 1\n"));
        assert!(has_actions("a: {{ .Values.a }}-b\n"));
        assert!(has_actions("a:\n- {% for b in c %}\n"));
        assert!(has_actions("data:\n  a: |\n{{ include \"b\" . | indent 4 }}\n"));
        assert!(!has_actions("a: \"{{ b }}\"\nc: 'd: {{ e }}'\n"));
        assert!(!has_actions("# {{ b }}\na: b # {{ c }}\n"));
        assert!(!has_actions("a: |\n  {{ define }}\n\n  {{ end }}\nb: [\n"));
        assert!(!has_actions("{{\"a\": 1}: 2}\n"));
    }

    #[test]
    fn templates_of_a_chart_lie_beside_its_metadata() {
        let exists = |path: &str| path == "apps/web/Chart.yaml" || path == "Chart.yaml";
        assert!(is_chart_template("apps/web/templates/a.yaml", &exists));
        assert!(is_chart_template("apps/web/templates/deep/a.yaml", &exists));
        assert!(is_chart_template("templates/a.yaml", &exists));
        assert!(!is_chart_template("apps/api/templates/a.yaml", &exists));
        assert!(!is_chart_template("apps/web/mytemplates/a.yaml", &exists));
    }
}
