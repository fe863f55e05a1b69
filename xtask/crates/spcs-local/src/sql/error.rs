//! Errors as Snowflake words them: a code, an SQL state and a message.

/// What went wrong with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlError {
    /// Six digits.
    pub(crate) code: &'static str,
    /// Five characters.
    pub(crate) state: &'static str,
    pub(crate) message: String,
    /// Line and position, where there is one.
    pub(crate) place: Option<(u32, u32)>,
}

impl SqlError {
    pub(crate) fn new(code: &'static str, state: &'static str, message: impl Into<String>) -> Self {
        Self { code, state, message: message.into(), place: None }
    }

    /// 001003, with what was found there.
    pub(crate) fn syntax(line: u32, position: u32, found: &str) -> Self {
        let message = format!(
            "SQL compilation error:\nsyntax error line {line} at position {position} \
             unexpected '{found}'."
        );
        Self { place: Some((line, position)), ..Self::new("001003", "42000", message) }
    }

    /// A compilation error of another sort, under Snowflake's code for an invalid value.
    pub(crate) fn invalid(message: impl AsRef<str>) -> Self {
        Self::new("001008", "22023", format!("SQL compilation error:\n{}", message.as_ref()))
    }

    /// 002003: not there, or not to be known of.
    pub(crate) fn missing(kind: &str, name: &str) -> Self {
        let message =
            format!("SQL compilation error:\n{kind} '{name}' does not exist or not authorized.");
        Self::new("002003", "02000", message)
    }

    /// 002002.
    pub(crate) fn exists(name: &str) -> Self {
        let message = format!("SQL compilation error:\nObject '{name}' already exists.");
        Self::new("002002", "42710", message)
    }

    /// 002029.
    pub(crate) fn missing_options(names: &[&str]) -> Self {
        let message = format!("SQL compilation error:\nMissing option(s): [{}]", names.join(", "));
        Self::new("002029", "42601", message)
    }

    /// 001420: a property that its object cannot have.
    pub(crate) fn invalid_property(name: &str, of: &str) -> Self {
        let message = format!("SQL compilation error:\ninvalid property '{name}' for '{of}'");
        Self::new("001420", "22023", message)
    }

    /// 002043: what SHOW, DESCRIBE and USE say of an object that is not there.
    pub(crate) fn no_operation() -> Self {
        let message = "SQL compilation error:\n\
                       Object does not exist, or operation cannot be performed.";
        Self::new("002043", "02000", message)
    }

    /// 003001.
    pub(crate) fn insufficient(on: &str) -> Self {
        let message =
            format!("SQL access control error:\nInsufficient privileges to operate on {on}");
        Self::new("003001", "42501", message)
    }

    /// A failure while executing, not while reading.
    pub(crate) fn execution(message: impl AsRef<str>) -> Self {
        Self::new("100183", "P0000", format!("SQL execution error: {}", message.as_ref()))
    }

    /// 000002.
    pub(crate) fn unsupported(feature: &str) -> Self {
        Self::new("000002", "0A000", format!("Unsupported feature '{feature}'."))
    }
}
