//! SQL errors with Snowflake's codes and wording.

/// The error of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlError {
    /// Snowflake's error code, six digits.
    pub(crate) code: &'static str,
    /// The SQLSTATE, five characters.
    pub(crate) state: &'static str,
    pub(crate) message: String,
    /// The line and position in the text, if known.
    pub(crate) place: Option<(u32, u32)>,
}

impl SqlError {
    pub(crate) fn new(code: &'static str, state: &'static str, message: impl Into<String>) -> Self {
        Self { code, state, message: message.into(), place: None }
    }

    /// 001003: a syntax error at an unexpected token.
    pub(crate) fn syntax(line: u32, position: u32, found: &str) -> Self {
        let message = format!(
            "SQL compilation error:\nsyntax error line {line} at position {position} \
             unexpected '{found}'."
        );
        Self { place: Some((line, position)), ..Self::new("001003", "42000", message) }
    }

    /// 001008: an invalid value, and any compilation error without a code of its own here.
    pub(crate) fn invalid(message: impl AsRef<str>) -> Self {
        Self::new("001008", "22023", format!("SQL compilation error:\n{}", message.as_ref()))
    }

    /// 002003: the object does not exist, or the session must not know of it.
    pub(crate) fn missing(kind: &str, name: &str) -> Self {
        let message =
            format!("SQL compilation error:\n{kind} '{name}' does not exist or not authorized.");
        Self::new("002003", "02000", message)
    }

    /// 002002: the object already exists.
    pub(crate) fn exists(name: &str) -> Self {
        let message = format!("SQL compilation error:\nObject '{name}' already exists.");
        Self::new("002002", "42710", message)
    }

    /// 002029: required properties are missing.
    pub(crate) fn missing_options(names: &[&str]) -> Self {
        let message = format!("SQL compilation error:\nMissing option(s): [{}]", names.join(", "));
        Self::new("002029", "42601", message)
    }

    /// 001420: the object cannot have this property.
    pub(crate) fn invalid_property(name: &str, of: &str) -> Self {
        let message = format!("SQL compilation error:\ninvalid property '{name}' for '{of}'");
        Self::new("001420", "22023", message)
    }

    /// 002043: SHOW, DESCRIBE or USE names an object that does not exist.
    pub(crate) fn no_operation() -> Self {
        let message = "SQL compilation error:\n\
                       Object does not exist, or operation cannot be performed.";
        Self::new("002043", "02000", message)
    }

    /// 003001: a privilege is missing.
    pub(crate) fn insufficient(on: &str) -> Self {
        let message =
            format!("SQL access control error:\nInsufficient privileges to operate on {on}");
        Self::new("003001", "42501", message)
    }

    /// 100183: a failure during execution.
    pub(crate) fn execution(message: impl AsRef<str>) -> Self {
        Self::new("100183", "P0000", format!("SQL execution error: {}", message.as_ref()))
    }

    /// 000002: Snowflake has the feature, and the local platform does not.
    pub(crate) fn unsupported(feature: &str) -> Self {
        Self::new("000002", "0A000", format!("Unsupported feature '{feature}'."))
    }
}
