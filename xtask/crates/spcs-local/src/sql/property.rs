//! Properties of objects and options of statements: how their values are written.

mod read;

pub(crate) use read::list;

/// How a value is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// `'text'`.
    Text,
    /// `'text'` that nobody may see again: it is cut out of every text of a statement that is
    /// kept, and its value has no Debug.
    Secret,
    /// A number; NULL where Snowflake takes it.
    Number,
    /// TRUE or FALSE, in any case.
    Boolean,
    /// A word or the same word in quotes, one of these unless there are none.
    Word(&'static [&'static str]),
    /// Text that may be written as a bare or quoted word.
    Name,
    /// The name of an object, also as text; kept as a statement has to write it.
    Reference,
    /// `('a', 'b')`.
    Texts,
    /// `(a, b)`.
    Names,
    /// `(KEY = value …)`.
    Options(&'static [Property]),
}

/// One property.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// What holds where it is not set.
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

/// When a property can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    /// By CREATE; ALTER cannot change it.
    Creation,
    /// By CREATE, for how the object begins; it is not asked for later.
    Start,
}

impl Property {
    /// Every kind of object has it.
    pub(crate) const COMMENT: Property = Property::new("COMMENT", Shape::Text);

    /// One without a default that ALTER may change.
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

    /// It stays as CREATE sets it.
    pub(crate) const fn at_creation(self) -> Self {
        Self { when: When::Creation, ..self }
    }

    /// It says how the object begins.
    pub(crate) const fn at_start(self) -> Self {
        Self { when: When::Start, ..self }
    }
}
