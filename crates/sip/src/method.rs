//! Request methods.

use std::fmt;

/// A request method; `Other` stands for every token we do not know, whose text `Message::method_name` keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    Invite,
    Ack,
    Cancel,
    Bye,
    Options,
    Register,
    Info,
    Update,
    Refer,
    Notify,
    Subscribe,
    Message,
    Prack,
    Publish,
    Other,
}

impl Method {
    /// Every method with a name of its own.
    pub const KNOWN: [Method; 14] = [
        Method::Invite,
        Method::Ack,
        Method::Cancel,
        Method::Bye,
        Method::Options,
        Method::Register,
        Method::Info,
        Method::Update,
        Method::Refer,
        Method::Notify,
        Method::Subscribe,
        Method::Message,
        Method::Prack,
        Method::Publish,
    ];

    /// The token in the start line; `OTHER` for an unknown one.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Invite => "INVITE",
            Method::Ack => "ACK",
            Method::Cancel => "CANCEL",
            Method::Bye => "BYE",
            Method::Options => "OPTIONS",
            Method::Register => "REGISTER",
            Method::Info => "INFO",
            Method::Update => "UPDATE",
            Method::Refer => "REFER",
            Method::Notify => "NOTIFY",
            Method::Subscribe => "SUBSCRIBE",
            Method::Message => "MESSAGE",
            Method::Prack => "PRACK",
            Method::Publish => "PUBLISH",
            Method::Other => "OTHER",
        }
    }

    /// The method of a token; methods are case-sensitive (RFC 3261 §7.1).
    pub fn from_token(token: &str) -> Method {
        Method::KNOWN.into_iter().find(|method| method.name() == token).unwrap_or(Method::Other)
    }
}

base::packed_enum!(Method {
    0 => Invite, 1 => Ack, 2 => Cancel, 3 => Bye, 4 => Options, 5 => Register, 6 => Info, 7 => Update, 8 => Refer,
    9 => Notify, 10 => Subscribe, 11 => Message, 12 => Prack, 13 => Publish, 14 => Other,
});

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_name_methods_and_case_matters() {
        for method in Method::KNOWN {
            assert_eq!(Method::from_token(method.name()), method);
        }
        assert_eq!(Method::from_token("invite"), Method::Other);
        assert_eq!(Method::from_token("NEWMETHOD"), Method::Other);
    }
}
