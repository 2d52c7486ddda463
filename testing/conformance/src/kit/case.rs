//! A test and the fact it checks.
//!
//! Each file of tests begins with a table, fact by fact, of the functions below it. The table is the only
//! list: the harness's tests, the runner and the report of facts are made from it, and a function that is
//! in no table does not compile (it would be dead code).

/// One test.
pub(crate) struct Case {
    /// Which section of facts/ says so, and which rule there.
    pub(crate) fact: &'static str,
    /// `cases::reads_ranges::whole_object`.
    pub(crate) name: &'static str,
    pub(crate) run: fn(),
}

/// `cases! { "06 §5 Range": one_test, another; }`
macro_rules! cases {
    ($($fact:literal: $($name:ident),+ $(,)?;)+) => {
        /// The tests of this file, by fact.
        pub(super) const CASES: &[$crate::kit::Case] = &[$($(
            $crate::kit::Case { fact: $fact, name: concat!(module_path!(), "::", stringify!($name)), run: $name },
        )+)+];

        #[cfg(test)]
        mod tests {
            $($(
                #[test]
                fn $name() {
                    super::$name();
                }
            )+)+
        }
    };
}
pub(crate) use cases;
