//! The forms of all statements that can name an object of a kind.

use crate::kind::{Creation, Kind, Verb};
use crate::sql::property::{Property, Shape, When};

/// A specification with an image of a repository.
fn specification(repository: &str) -> String {
    format!(
        "FROM SPECIFICATION $$spec: {{ containers: [{{ name: main, image: /{}/i:1 }}] }}$$",
        repository.to_lowercase().replace('.', "/")
    )
}

/// Statements about an object of a kind. `mine` has the name of an object that the role owns.
pub(super) fn of(kind: Kind, name: &str, mine: impl Fn(Kind) -> String) -> Vec<String> {
    let words = kind.words();
    let mut all = vec![format!("SHOW {} LIKE '%{name}'", kind.plural())];
    if kind.facts().creation != Creation::Never {
        all.push(format!("DESCRIBE {words} {name}"));
        all.extend(changes(kind, name));
        all.extend(creations(kind, name, &mine));
        all.extend(grants(kind, name));
        all.extend(kind.facts().session.map(|_| format!("USE {words} {name}")));
    }
    all.extend(contents(kind, name));
    all.extend(references(name, &mine));
    all.extend(special(kind, name, &mine));
    all
}

/// Lists, which name no object.
pub(super) fn lists() -> Vec<String> {
    let mut all = vec![
        "SHOW GRANTS".to_owned(),
        "SHOW GRANTS ON ACCOUNT".to_owned(),
        "SHOW COMPUTE POOL INSTANCE FAMILIES".to_owned(),
    ];
    for role in ["SYSADMIN", "PUBLIC", "LOW"] {
        all.push(format!("SHOW GRANTS TO ROLE {role}"));
        all.push(format!("SHOW GRANTS OF ROLE {role}"));
    }
    for kind in Kind::ALL {
        all.push(format!("SHOW {}", kind.plural()));
        if kind.depth() > 1 {
            let scopes = ["ACCOUNT", "DATABASE d", "SCHEMA d.public"];
            let scopes = scopes[..kind.depth()].iter();
            all.extend(scopes.map(|scope| format!("SHOW {} IN {scope}", kind.plural())));
        }
    }
    all.push("DESCRIBE DATABASE d".to_owned());
    all.push("DESCRIBE SCHEMA d.public".to_owned());
    all
}

/// ALTER and DROP.
fn changes(kind: Kind, name: &str) -> Vec<String> {
    let facts = kind.facts();
    let mut changes: Vec<String> = Vec::new();
    for (words, verb) in facts.verbs {
        changes.push(match verb {
            Verb::Specification => specification("d.public.r"),
            _ => (*words).to_owned(),
        });
    }
    for property in facts.properties.iter().filter(|property| property.when == When::Always) {
        changes.push(format!("SET {}", assignment(property)));
        changes.push(format!("UNSET {}", property.name));
    }
    let mut all = Vec::new();
    for condition in ["", "IF EXISTS "] {
        for change in &changes {
            all.push(format!("ALTER {} {condition}{name} {change}", kind.words()));
        }
        all.push(format!("DROP {} {condition}{name}", kind.words()));
        if kind.label() != kind.words() {
            all.push(format!("DROP {} {condition}{name}", kind.label()));
        }
    }
    all
}

/// CREATE, by a role that may not.
fn creations(kind: Kind, name: &str, mine: &impl Fn(Kind) -> String) -> Vec<String> {
    let words = kind.words();
    if kind == Kind::Service {
        let rest = specification("d.public.r");
        let rest = format!("{name} IN COMPUTE POOL {} {rest}", mine(Kind::ComputePool));
        return ["", "IF NOT EXISTS "].map(|it| format!("CREATE SERVICE {it}{rest}")).to_vec();
    }
    let mut all =
        vec![format!("CREATE {words} {name}"), format!("CREATE {words} IF NOT EXISTS {name}")];
    let creation = kind.facts().creation;
    if creation != Creation::Plain {
        all.push(format!("CREATE OR REPLACE {words} {name}"));
    }
    if creation == Creation::ReplaceOrAlter {
        all.push(format!("CREATE OR ALTER {words} {name}"));
    }
    all
}

/// GRANT and REVOKE of privileges, and SHOW GRANTS.
fn grants(kind: Kind, name: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut words = vec![kind.words(), kind.label()];
    words.dedup();
    for words in words {
        all.push(format!("SHOW GRANTS ON {words} {name}"));
        for privilege in kind.privileges().iter().map(String::as_str).chain(["OWNERSHIP", "ALL"]) {
            all.push(format!("GRANT {privilege} ON {words} {name} TO ROLE PUBLIC"));
            all.push(format!("REVOKE {privilege} ON {words} {name} FROM ROLE PUBLIC"));
        }
    }
    all
}

/// Statements about what is in an object, or would be.
fn contents(kind: Kind, name: &str) -> Vec<String> {
    let words = kind.words();
    let mut all = Vec::new();
    for inner in Kind::ALL {
        let is_container = kind.facts().is_container && inner.depth() > kind.depth();
        if is_container || inner.facts().shown_in == Some(kind) {
            all.push(format!("SHOW {} IN {words} {name}", inner.plural()));
        }
        let creatable = inner.facts().creation != Creation::Never && *inner != Kind::Service;
        if is_container && creatable {
            let below = "x.".repeat(inner.depth() - kind.depth() - 1);
            all.push(format!("CREATE {} {name}.{below}x", inner.words()));
            all.push(format!("DROP {} IF EXISTS {name}.{below}x", inner.words()));
        }
    }
    all
}

/// ALTER of objects that the role owns, with the name in each property that names objects.
fn references(name: &str, mine: &impl Fn(Kind) -> String) -> Vec<String> {
    let mut all = Vec::new();
    for kind in Kind::creatable() {
        for property in kind.facts().properties.iter().filter(|it| it.when == When::Always) {
            let value = match property.shape {
                Shape::Reference => name.to_owned(),
                Shape::Names => format!("({name})"),
                _ => continue,
            };
            let (words, owned) = (kind.words(), mine(kind));
            all.push(format!("ALTER {words} {owned} SET {} = {value}", property.name));
        }
    }
    all
}

/// The forms that only one kind has.
fn special(kind: Kind, name: &str, mine: &impl Fn(Kind) -> String) -> Vec<String> {
    let pool = mine(Kind::ComputePool);
    let create =
        |pool: &str, rest: &str| format!("CREATE SERVICE d.public.x IN COMPUTE POOL {pool} {rest}");
    match kind {
        Kind::User => vec![
            format!("GRANT ROLE owned TO USER {name}"),
            format!("REVOKE ROLE owned FROM USER {name}"),
            format!("SHOW GRANTS TO USER {name}"),
        ],
        Kind::Database | Kind::Schema => {
            vec![format!("USE {name}"), format!("SELECT SYSTEM$GET_SERVICE_DNS_DOMAIN('{name}')")]
        }
        Kind::Stage => vec![
            format!("LIST @{name}"),
            format!("REMOVE @{name}"),
            format!("PUT file:///tmp/x @{name}"),
            format!("GET @{name} file:///tmp/"),
            create(&pool, &format!("FROM @{name} SPECIFICATION_FILE = 'f'")),
        ],
        Kind::ImageRepository => vec![
            format!("SHOW IMAGES IN IMAGE REPOSITORY {name}"),
            format!("SELECT SYSTEM$REGISTRY_LIST_IMAGES('/{}')", name.replace('.', "/")),
            create(&pool, &specification(name)),
        ],
        Kind::ComputePool => vec![
            format!("SELECT SYSTEM$GET_COMPUTE_POOL_STATUS('{name}')"),
            create(name, &specification("d.public.r")),
        ],
        Kind::Service => vec![
            format!("SHOW ENDPOINTS IN SERVICE {name}"),
            format!("SHOW SERVICE INSTANCES IN SERVICE {name}"),
            format!("SHOW SERVICE CONTAINERS IN SERVICE {name}"),
            format!("SHOW ROLES IN SERVICE {name}"),
            format!("GRANT SERVICE ROLE {name}!ALL_ENDPOINTS_USAGE TO ROLE PUBLIC"),
            format!("REVOKE SERVICE ROLE {name}!ALL_ENDPOINTS_USAGE FROM ROLE PUBLIC"),
            format!("SHOW GRANTS OF SERVICE ROLE {name}!ALL_ENDPOINTS_USAGE"),
            format!("SHOW GRANTS TO SERVICE ROLE {name}!ALL_ENDPOINTS_USAGE"),
            format!("SELECT SYSTEM$GET_SERVICE_STATUS('{name}')"),
            format!("CALL SYSTEM$GET_SERVICE_LOGS('{name}', 0, 'main')"),
        ],
        _ => Vec::new(),
    }
}

/// `NAME = value`, with any value of the property's shape.
fn assignment(property: &Property) -> String {
    let value = match property.shape {
        Shape::Text | Shape::Secret | Shape::Name => "'x'".to_owned(),
        Shape::Number => "1".to_owned(),
        Shape::Boolean => "TRUE".to_owned(),
        Shape::Word(words) => words.first().map_or("X", |word| word).to_owned(),
        Shape::Reference => "x".to_owned(),
        Shape::Texts => "('x')".to_owned(),
        Shape::Names => "(x)".to_owned(),
        Shape::Options(options) => format!("({})", assignment(&options[0])),
    };
    format!("{} = {value}", property.name)
}
