//! Faults: which error reasons of a runner are timeouts.

use sandbox_lifecycle::vocabulary::Fault;

#[test]
fn a_timeout_is_recognised_anywhere_in_the_text_and_in_any_case() {
    let timeouts = [
        "timeout while creating",
        "Timeout while starting sandbox",
        "runner-7: TIMEOUT WHILE PULLING image",
        "job timed out",
        "the Job timed out.",
    ];
    for text in timeouts {
        assert_eq!(Fault::recognize(text), Fault::Timeout, "{text}");
    }
    let others = ["", "timeout", "timeout while stopping", "timed out", "job  timed out", "job timed ou", "żółć"];
    for text in others {
        assert_eq!(Fault::recognize(text), Fault::Other, "{text}");
    }
}

#[test]
fn of_our_own_fault_texts_only_the_timeout_text_is_recognised_as_a_timeout() {
    for fault in Fault::ALL {
        assert_eq!(Fault::recognize(fault.text()) == Fault::Timeout, *fault == Fault::Timeout, "{fault}");
    }
}
