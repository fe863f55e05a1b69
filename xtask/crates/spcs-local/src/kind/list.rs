//! The macro behind the list of kinds. Each line becomes a module, a variant of
//! [`Kind`](super::Kind) and a variant of [`Data`](super::Data). The methods dispatch from a kind
//! or an object to the definition of the kind.

macro_rules! kinds {
    ($($module:ident: $Kind:ident,)*) => {
        $(pub(crate) mod $module;)*

        /// A kind of object, stored by its name.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Kind {
            $($Kind,)*
        }

        /// The data of an object in addition to its properties. The variant is the object's kind.
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "kind", content = "data", rename_all = "snake_case")]
        pub(crate) enum Data {
            $($Kind($module::Data),)*
        }

        impl Kind {
            pub(crate) const ALL: &'static [Kind] = &[$(Kind::$Kind,)*];

            pub(crate) fn facts(self) -> &'static Facts {
                match self {
                    $(Kind::$Kind => &$module::KIND.facts,)*
                }
            }

            /// The data of a new object; `None` if CREATE needs more than the properties.
            pub(crate) fn new_data(self, now: crate::clock::Millis) -> Option<Data> {
                match self {
                    $(Kind::$Kind => $module::KIND.new.map(|new| Data::$Kind(new(now))),)*
                }
            }

            /// An empty result with the columns of SHOW or DESCRIBE.
            pub(crate) fn rows(self, listing: Listing) -> crate::rows::Rows {
                match self {
                    $(Kind::$Kind => $module::KIND.rows(listing),)*
                }
            }
        }

        impl Data {
            pub(crate) fn kind(&self) -> Kind {
                match self {
                    $(Data::$Kind(_) => Kind::$Kind,)*
                }
            }

            /// Stores a property in the data and returns `None`, or returns the value to store.
            pub(super) fn set(
                &mut self,
                name: &str,
                value: crate::sql::Value,
            ) -> Option<crate::sql::Value> {
                match self {
                    $(Data::$Kind(data) => ($module::KIND.set)(data, name, value),)*
                }
            }

            /// Removes a property if it is stored in the data.
            pub(super) fn unset(&mut self, name: &str) {
                match self {
                    $(Data::$Kind(data) => ($module::KIND.unset)(data, name),)*
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
            pub(crate) fn row(&self, lookup: &dyn Lookup) -> Vec<crate::rows::Cell> {
                match &self.data {
                    $(Data::$Kind(data) => {
                        let item = definition::Item { object: self, data, lookup };
                        $module::KIND.row(&item, Listing::Show)
                    })*
                }
            }

            /// The result of DESCRIBE.
            pub(crate) fn describe(&self, lookup: &dyn Lookup) -> crate::rows::Rows {
                match &self.data {
                    $(Data::$Kind(data) => {
                        let item = definition::Item { object: self, data, lookup };
                        $module::KIND.describe(&item)
                    })*
                }
            }

            /// Validates the object by the rules of its kind. Returns properties in their
            /// normalised form, which replace the ones written.
            pub(super) fn check_by_kind(
                &self,
                lookup: &dyn Lookup,
            ) -> Result<crate::sql::Properties, crate::sql::SqlError> {
                match &self.data {
                    $(Data::$Kind(data) => {
                        let item = definition::Item { object: self, data, lookup };
                        ($module::KIND.check)(&item)
                    })*
                }
            }

            /// Checks by the rules of its kind whether the object can be dropped or replaced.
            pub(super) fn check_drop_by_kind(
                &self,
                lookup: &dyn Lookup,
                force: bool,
            ) -> Result<(), crate::sql::SqlError> {
                match &self.data {
                    $(Data::$Kind(data) => {
                        let item = definition::Item { object: self, data, lookup };
                        ($module::KIND.before_drop)(&item, force)
                    })*
                }
            }
        }
    };
}

pub(super) use kinds;
