//! Error bodies: what the official clients read of them is read, and each status has an advice.

use sandbox_lifecycle::{
    Columns, Command, Context, Lifecycle, Policy, Reason, Retry,
    record::{Advice, ErrorBody, Messages},
};
use serde_json::{Value, json};

fn read(body: Value) -> ErrorBody {
    serde_json::from_value(body).unwrap()
}

#[test]
fn every_body_that_an_official_client_reads_is_read() {
    let cases = [
        (json!({"statusCode": 404, "message": "no such sandbox", "error": "Not Found"}), Some("no such sandbox"), None),
        (json!({"statusCode": 400, "message": ["a", "b"], "error": "Bad Request"}), Some("a; b"), None),
        (json!({"message": "oops"}), Some("oops"), None),
        (json!({"error": "oops", "source": "DAYTONA_PROXY"}), Some("oops"), None),
        (json!({"message": "gone", "code": "FILE_NOT_FOUND"}), Some("gone"), Some("FILE_NOT_FOUND")),
        (json!({"message": "gone", "error_code": "FILE_NOT_FOUND"}), Some("gone"), Some("FILE_NOT_FOUND")),
        (json!({"message": "gone", "code": "new", "error_code": "old"}), Some("gone"), Some("new")),
        (json!({"message": null, "error": "oops", "code": null, "error_code": "old"}), Some("oops"), Some("old")),
        (json!({}), None, None),
    ];
    for (body, text, code) in cases {
        let read = read(body.clone());
        assert_eq!((read.text().as_deref(), read.code()), (text, code), "{body}");
        assert_eq!(serde_json::to_value(read).unwrap(), body);
    }
}

#[test]
fn the_body_of_a_refusal_has_its_code() {
    let row = Lifecycle::from(Columns::default());
    let refusal =
        row.decide(Command::Archive, &Policy::default(), Context::of(&row), chrono::DateTime::UNIX_EPOCH).unwrap_err();
    let expected = json!({
        "statusCode": refusal.http_status(), "message": refusal.to_string(), "error": "Bad Request",
        "code": "bad_state",
    });
    assert_eq!(serde_json::to_value(ErrorBody::from(&refusal)).unwrap(), expected);
}

#[test]
fn the_advice_of_a_body_follows_from_the_status_and_a_known_code() {
    let plain = [
        (200, None),
        (400, Some(Advice::Correct)),
        (401, Some(Advice::Authenticate)),
        (403, Some(Advice::AskPermission)),
        (404, Some(Advice::GiveUp)),
        (410, Some(Advice::GiveUp)),
        (409, Some(Advice::ReadAgain)),
        (422, Some(Advice::Correct)),
        (429, Some(Advice::SlowDown)),
        (500, Some(Advice::ReadFirst)),
        (502, Some(Advice::ReadFirst)),
        (503, Some(Advice::ReadFirst)),
        (504, Some(Advice::ReadFirst)),
    ];
    for (status, advice) in plain {
        assert_eq!(read(json!({"message": "m", "code": "UNHEARD_OF"})).advice(status), advice, "{status}");
        // A body of ours names every status that is an error.
        let named = ErrorBody::new(status, Messages::One("m".into())).error.value().is_some();
        assert_eq!(named, advice.is_some(), "{status}");
    }
    let coded = |status, code: &str| read(json!({"message": "m", "code": code})).advice(status);
    assert_eq!(coded(400, "bad_state"), Some(Advice::Refused(Retry::NotFromHere)));
    assert_eq!(coded(409, "in_progress"), Some(Advice::Refused(Retry::WhenSettled)));
    assert_eq!(coded(404, "no_runner"), Some(Advice::Refused(Retry::NotFromHere)), "the sandbox exists");
    let suspended = Some(Advice::Refused(Retry::WhenUnsuspended));
    assert_eq!(coded(403, "suspended"), suspended, "no state of the sandbox and no permission helps");
    assert_eq!(coded(503, "bad_state"), Some(Advice::ReadFirst), "the command may have been carried out");
}

#[test]
fn every_code_of_a_refusal_has_an_advice_at_its_status() {
    for reason in Reason::ALL {
        let body = read(json!({"message": "m", "code": reason.code()}));
        let advice = body.advice(reason.http_status(None));
        assert!(matches!(advice, Some(Advice::Refused(_))), "{reason}: {advice:?}");
    }
}

#[test]
fn an_empty_message_does_not_hide_the_error() {
    for message in [json!(""), json!([])] {
        let body: ErrorBody =
            serde_json::from_value(json!({"message": message, "error": "Not Found"})).expect("a body");
        assert_eq!(body.text().as_deref(), Some("Not Found"));
    }
}

#[test]
fn an_advice_reads_as_what_the_caller_does_next() {
    let cases = [
        (Advice::Refused(Retry::WhenSettled), "try again later"),
        (Advice::Correct, "correct the request"),
        (Advice::Authenticate, "authenticate, then send it again"),
        (Advice::AskPermission, "ask for the permission"),
        (Advice::GiveUp, "give up: there is no such sandbox"),
        (Advice::ReadAgain, "read the sandbox and decide again"),
        (Advice::SlowDown, "wait, then send it again"),
        (Advice::ReadFirst, "wait, then read the sandbox before you send it again"),
    ];
    for (advice, text) in cases {
        assert_eq!(advice.to_string(), text);
    }
}
