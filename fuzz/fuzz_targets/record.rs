//! Reads any bytes as an API record or gets an error, without a panic. A record that it reads survives a write and a second
//! read unchanged. A sandbox of it shows the reported state and otherwise the same record, also after every command, and
//! nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sandbox_lifecycle::{
    Command, Context, Lifecycle, Policy, Sandbox, SandboxDto,
    record::{CreateSandbox, ErrorBody, Kept, LifecycleView, SandboxPage, StepDetails},
    vocabulary::Open,
};
use serde_json::value::RawValue;

const COMMANDS: [Command; 6] = [
    Command::Start,
    Command::Stop { force: true },
    Command::Pause,
    Command::Archive,
    Command::Recover { start: true },
    Command::Destroy { force: true },
];

fuzz_target!(|bytes: &[u8]| {
    let _ = serde_json::from_slice::<CreateSandbox>(bytes);
    let _ = serde_json::from_slice::<SandboxPage>(bytes);
    let Ok(read) = serde_json::from_slice::<SandboxDto<Kept<Box<RawValue>>>>(bytes) else {
        return;
    };
    let written = serde_json::to_string(&read).unwrap();
    let again: SandboxDto<Kept<Box<RawValue>>> = serde_json::from_str(&written).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), written);

    let dropped: SandboxDto = serde_json::from_slice(bytes).unwrap();
    let view: LifecycleView = serde_json::from_slice(bytes).unwrap();
    assert_eq!(Lifecycle::try_from(&view), Lifecycle::try_from(&dropped));

    let Ok(mut sandbox) = Sandbox::try_from(dropped.clone()) else {
        return;
    };
    let mut shown = dropped;
    shown.state = Open::from(sandbox.lifecycle().reported_state()).into();
    assert_eq!(sandbox.dto(), &shown);
    let now = sandbox.lifecycle().last_activity_at();
    for command in COMMANDS {
        match sandbox.lifecycle().decide(command, &Policy::default(), Context::of(sandbox.lifecycle()), now) {
            Ok(step) => drop(sandbox.apply(&step, StepDetails::default()).unwrap()),
            Err(refusal) => drop(ErrorBody::from(&refusal)),
        }
        assert_eq!(
            sandbox.dto().state.value().and_then(|state| state.known()),
            Some(sandbox.lifecycle().reported_state())
        );
    }
});
