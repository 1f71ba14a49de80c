//! What the tests are made of: the engine as a process, real phones as processes, ports, waiting, tones.

pub(crate) mod baresip;
pub(crate) mod disk;
pub(crate) mod engine;
pub(crate) mod kamailio;
pub(crate) mod linphone;
pub(crate) mod menus;
pub(crate) mod names;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod puppet;
pub(crate) mod raw;
pub(crate) mod scene;
pub(crate) mod sipp;
pub(crate) mod tone;
pub(crate) mod town;
pub(crate) mod translator;
pub(crate) mod voice;
pub(crate) mod wait;
pub(crate) mod web;
