//! Reason phrases.

/// The usual phrase of a status code (RFC 3261 §21 and the IANA registry); a class's own phrase for the others.
pub const fn reason_phrase(status: u16) -> &'static str {
    match status {
        100..=199 => provisional(status),
        200..=299 => success(status),
        300..=399 => redirection(status),
        400..=499 => client_failure(status),
        500..=599 => server_failure(status),
        _ => global_failure(status),
    }
}

const fn provisional(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        199 => "Early Dialog Terminated",
        _ => "Provisional",
    }
}

const fn success(status: u16) -> &'static str {
    match status {
        202 => "Accepted",
        204 => "No Notification",
        _ => "OK",
    }
}

const fn redirection(status: u16) -> &'static str {
    match status {
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        305 => "Use Proxy",
        380 => "Alternative Service",
        _ => "Redirection",
    }
}

const fn client_failure(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        412 => "Conditional Request Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        417 => "Unknown Resource-Priority",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        428 => "Use Identity Header",
        429 => "Provide Referrer Identity",
        430 => "Flow Failed",
        433 => "Anonymity Disallowed",
        436 => "Bad Identity-Info",
        437 => "Unsupported Certificate",
        438 => "Invalid Identity Header",
        439 => "First Hop Lacks Outbound Support",
        469 => "Bad Info Package",
        470 => "Consent Needed",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        494 => "Security Agreement Required",
        _ => "Request Failure",
    }
}

const fn server_failure(status: u16) -> &'static str {
    match status {
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        555 => "Push Notification Service Not Supported",
        580 => "Precondition Failure",
        _ => "Server Failure",
    }
}

const fn global_failure(status: u16) -> &'static str {
    match status {
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        607 => "Unwanted",
        608 => "Rejected",
        _ => "Global Failure",
    }
}

#[cfg(test)]
mod tests {
    use super::reason_phrase;

    #[test]
    fn phrases_follow_the_registry_and_never_run_out() {
        let cases = [(100, "Trying"), (200, "OK"), (302, "Moved Temporarily"), (420, "Bad Extension")];
        for (status, phrase) in cases {
            assert_eq!(reason_phrase(status), phrase);
        }
        assert_eq!(reason_phrase(599), "Server Failure");
        assert_eq!(reason_phrase(u16::MAX), "Global Failure");
    }
}
