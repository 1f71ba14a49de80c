//! What the tests of many seeds share.

/// Panics on purpose say nothing; there are a hundred of them.
pub(crate) fn hush() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload().downcast_ref::<&str>().is_some_and(|text| text.starts_with("a drill")) {
                told(info);
            }
        }));
    });
}

/// A test for each share of the seeds, so that the shares run side by side; each calls `share`.
macro_rules! shares {
    ($($name:ident $number:literal)*) => {
        $(
            #[test]
            fn $name() {
                share($number);
            }
        )*
    };
}

pub(crate) use shares;
