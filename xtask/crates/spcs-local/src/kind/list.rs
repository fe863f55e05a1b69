//! What the list of kinds becomes: a module, a variant of [`Kind`](super::Kind) and of
//! [`Data`](super::Data) for each line, and the way from an object to the definition of its kind.

macro_rules! kinds {
    ($($module:ident: $Kind:ident,)*) => {
        $(pub(crate) mod $module;)*

        /// A kind of object. Stored by its name.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Kind {
            $($Kind,)*
        }

        /// What an object holds besides its properties; it says of which kind the object is.
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "kind", content = "data", rename_all = "snake_case")]
        pub(crate) enum Data {
            $($Kind($module::Data),)*
        }

        impl Kind {
            /// Every kind.
            pub(crate) const ALL: &'static [Kind] = &[$(Kind::$Kind,)*];

            /// What holds for all of its objects.
            pub(crate) fn facts(self) -> &'static Facts {
                match self {
                    $(Kind::$Kind => &$module::KIND.facts,)*
                }
            }

            /// What a new object holds; `None` if it needs more than its properties.
            pub(crate) fn new_data(self, now: crate::clock::Millis) -> Option<Data> {
                match self {
                    $(Kind::$Kind => $module::KIND.new.map(|new| Data::$Kind(new(now))),)*
                }
            }

            /// The columns of SHOW or DESCRIBE.
            pub(crate) fn rows(self, place: Place) -> crate::rows::Rows {
                match self {
                    $(Kind::$Kind => $module::KIND.rows(place),)*
                }
            }
        }

        impl Data {
            /// The kind of the object that holds it.
            pub(crate) fn kind(&self) -> Kind {
                match self {
                    $(Data::$Kind(_) => Kind::$Kind,)*
                }
            }

            /// Takes a property that is kept here; gives back one that is not.
            pub(super) fn keep(
                &mut self,
                name: &str,
                value: crate::sql::Value,
            ) -> Option<crate::sql::Value> {
                match self {
                    $(Data::$Kind(data) => ($module::KIND.keep)(data, name, value),)*
                }
            }

            /// Takes a property away, if it is kept here.
            pub(super) fn forget(&mut self, name: &str) {
                match self {
                    $(Data::$Kind(data) => ($module::KIND.forget)(data, name),)*
                }
            }

            pub(super) fn act(&mut self, verb: Verb, now: crate::clock::Millis) {
                match self {
                    $(Data::$Kind(data) => ($module::KIND.act)(data, verb, now),)*
                }
            }
        }

        impl Object {
            /// The row of SHOW.
            pub(crate) fn row(&self, around: &dyn Lookup) -> Vec<crate::rows::Cell> {
                match &self.data {
                    $(Data::$Kind(data) => {
                        let item = definition::Item { object: self, data, around };
                        $module::KIND.row(&item, Place::Show)
                    })*
                }
            }

            /// The result of DESCRIBE.
            pub(crate) fn describe(&self, around: &dyn Lookup) -> crate::rows::Rows {
                match &self.data {
                    $(Data::$Kind(data) => {
                        let item = definition::Item { object: self, data, around };
                        $module::KIND.describe(&item)
                    })*
                }
            }

            /// What its kind demands after CREATE and ALTER; gives the properties to be kept in
            /// place of those that were written.
            pub(super) fn checked(
                &self,
                around: &dyn Lookup,
            ) -> Result<crate::sql::Properties, crate::sql::SqlError> {
                match &self.data {
                    $(Data::$Kind(data) => {
                        let item = definition::Item { object: self, data, around };
                        ($module::KIND.check)(&item)
                    })*
                }
            }

            /// What its kind demands before DROP, and before it is replaced.
            pub(super) fn released(
                &self,
                around: &dyn Lookup,
                force: bool,
            ) -> Result<(), crate::sql::SqlError> {
                match &self.data {
                    $(Data::$Kind(data) => {
                        let item = definition::Item { object: self, data, around };
                        ($module::KIND.before_drop)(&item, force)
                    })*
                }
            }
        }
    };
}

pub(super) use kinds;
