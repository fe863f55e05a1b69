//! Definitions of properties of objects and options of statements.

mod read;

pub(crate) use read::list;

/// The syntax of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// `'text'`.
    Text,
    /// `'text'` that must stay secret: it is removed from the texts of statements that are kept,
    /// and `Debug` does not print it.
    Secret,
    /// A number or NULL.
    Number,
    /// TRUE or FALSE, in any case.
    Boolean,
    /// A word, bare or in quotes: one of these, or any word if the list is empty.
    Word(&'static [&'static str]),
    /// `'text'` or an identifier.
    Name,
    /// The name of an object, as an identifier or `'text'`; stored in SQL syntax.
    Reference,
    /// `('a', 'b')`.
    Texts,
    /// `(a, b)`.
    Names,
    /// `(KEY = value …)`.
    Options(&'static [Property]),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// The default.
    pub(crate) preset: Preset,
    pub(crate) when: When,
}

/// The default of a property.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Preset {
    Nothing,
    Number(i64),
    Flag(bool),
    Word(&'static str),
}

/// Which statements can set a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    /// Only CREATE.
    Creation,
    /// Only CREATE, for the initial state of the object. It is not stored.
    Start,
}

impl Property {
    /// The comment, a property of every kind.
    pub(crate) const COMMENT: Property = Property::new("COMMENT", Shape::Text);

    /// A property without a default that CREATE and ALTER can set.
    pub(crate) const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, preset: Preset::Nothing, when: When::Always }
    }

    pub(crate) const fn or_number(self, number: i64) -> Self {
        Self { preset: Preset::Number(number), ..self }
    }

    pub(crate) const fn or_flag(self, flag: bool) -> Self {
        Self { preset: Preset::Flag(flag), ..self }
    }

    pub(crate) const fn or_word(self, word: &'static str) -> Self {
        Self { preset: Preset::Word(word), ..self }
    }

    /// Only CREATE can set it.
    pub(crate) const fn at_creation(self) -> Self {
        Self { when: When::Creation, ..self }
    }

    /// Only CREATE can set it, for the initial state.
    pub(crate) const fn at_start(self) -> Self {
        Self { when: When::Start, ..self }
    }
}
