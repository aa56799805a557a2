//! Requests on the wire: each command and the list, as a client sends it and a server reads it.

use sandbox_lifecycle::{
    ApiProfile, Command, SandboxClass, SandboxState, Verb,
    record::{CommandRequest, HttpRequest, ListOrder, ListQuery, ListSort, NoRequest, RequestError},
    vocabulary::{AutoArchive, AutoDelete, AutoPause, AutoStop, SizeChange, Ttl},
};
use serde_json::{Value, json};
use std::num::NonZeroU32;

/// Every command with its request line and body. The name of the sandbox needs an escape.
fn requests() -> Vec<(CommandRequest, &'static str, Value)> {
    let of = |command: Command| command.request("a/b ü");
    let minutes = |minutes: i64| AutoStop::try_from(minutes).expect("minutes");
    let more = SizeChange { cpu: NonZeroU32::new(8), memory: None, disk: NonZeroU32::new(20) };
    let memory = SizeChange { cpu: None, memory: NonZeroU32::new(16), disk: None };
    vec![
        (of(Command::Start), "POST /sandbox/a%2Fb%20%C3%BC/start", Value::Null),
        (of(Command::Stop { force: false }), "POST /sandbox/a%2Fb%20%C3%BC/stop", Value::Null),
        (of(Command::Stop { force: true }), "POST /sandbox/a%2Fb%20%C3%BC/stop?force=true", Value::Null),
        (of(Command::Destroy { force: false }), "DELETE /sandbox/a%2Fb%20%C3%BC", Value::Null),
        (of(Command::Pause), "POST /sandbox/a%2Fb%20%C3%BC/pause", Value::Null),
        (of(Command::Archive), "POST /sandbox/a%2Fb%20%C3%BC/archive", Value::Null),
        (of(Command::Resize(more)), "POST /sandbox/a%2Fb%20%C3%BC/resize", json!({"cpu": 8, "disk": 20})),
        (of(Command::Resize(memory)), "POST /sandbox/a%2Fb%20%C3%BC/resize", json!({"memory": 16})),
        (of(Command::Fork), "POST /sandbox/a%2Fb%20%C3%BC/fork", json!({})),
        (of(Command::Fork).with_name("copy"), "POST /sandbox/a%2Fb%20%C3%BC/fork", json!({"name": "copy"})),
        (
            of(Command::Snapshot { include_memory: true }).with_name("image"),
            "POST /sandbox/a%2Fb%20%C3%BC/snapshot",
            json!({"name": "image", "includeMemory": true}),
        ),
        (of(Command::Recover { start: true }), "POST /sandbox/a%2Fb%20%C3%BC/recover", Value::Null),
        (of(Command::Recover { start: false }), "POST /sandbox/a%2Fb%20%C3%BC/recover?skipStart=true", Value::Null),
        (of(Command::Backup), "POST /sandbox/a%2Fb%20%C3%BC/backup", Value::Null),
        (of(Command::AutoStop { interval: minutes(30) }), "POST /sandbox/a%2Fb%20%C3%BC/autostop/30", Value::Null),
        (
            of(Command::AutoPause { interval: AutoPause::try_from(0).expect("minutes") }),
            "POST /sandbox/a%2Fb%20%C3%BC/autopause/0",
            Value::Null,
        ),
        (
            of(Command::AutoArchive { interval: AutoArchive::try_from(60).expect("minutes") }),
            "POST /sandbox/a%2Fb%20%C3%BC/autoarchive/60",
            Value::Null,
        ),
        (
            of(Command::AutoDelete { interval: AutoDelete::from(-1) }),
            "POST /sandbox/a%2Fb%20%C3%BC/autodelete/-1",
            Value::Null,
        ),
        (
            of(Command::Ttl { interval: Ttl::try_from(5).expect("minutes") }),
            "POST /sandbox/a%2Fb%20%C3%BC/ttl/5",
            Value::Null,
        ),
        (of(Command::Touch), "POST /sandbox/a%2Fb%20%C3%BC/last-activity", Value::Null),
    ]
}

fn received(method: &str, path: &str, query: &str, body: Value) -> Result<CommandRequest, RequestError<String>> {
    CommandRequest::from_http(method, path, query, body).map_err(|error| match error {
        RequestError::Body(error) => RequestError::Body(error.to_string()),
        RequestError::Fields(errors) => RequestError::Fields(errors),
        _ => RequestError::OtherRoute,
    })
}

#[test]
fn a_server_reads_each_command_that_a_client_sends() {
    let mut sent = Vec::new();
    for (request, line, body) in requests() {
        let http = request.http(ApiProfile::V0_226).expect("the newest API has it");
        assert_eq!(http.to_string(), line);
        assert_eq!(serde_json::to_value(&http.body).expect("JSON"), body, "{line}");
        let read = received(&http.method.to_string(), &http.path, &http.query, body);
        assert_eq!(read, Ok(request.clone()), "{line}");
        sent.push(request.command.verb());
    }
    let of_operators = Verb::ALL.iter().filter(|verb| !sent.contains(verb));
    assert_eq!(of_operators.collect::<Vec<_>>(), [&Verb::ForceDestroy]);
}

#[test]
fn what_the_api_in_force_does_not_offer_has_no_request() {
    for (request, line, _) in requests() {
        let verb = request.command.verb();
        let expected = match verb {
            Verb::AutoPause | Verb::Ttl => Err(NoRequest::NotOffered(verb, ApiProfile::V0_190)),
            _ => Ok(line.to_owned()),
        };
        assert_eq!(request.http(ApiProfile::V0_190).map(|http| http.to_string()), expected);
    }
    let forced = Command::Destroy { force: true }.request("s1").http(ApiProfile::V0_226);
    assert_eq!(forced.expect_err("operators only").to_string(), "the API 0.226 has no request to destroy with force");
    let unnamed = Command::Snapshot { include_memory: false }.request("s1").http(ApiProfile::V0_226);
    assert_eq!(unnamed, Err(NoRequest::Unnamed));
}

#[test]
fn a_request_that_is_no_command_is_left_to_other_routes() {
    for (method, path) in [
        ("GET", "/sandbox/s1"),
        ("GET", "/sandbox/s1/start"),
        ("post", "/sandbox/s1/start"),
        ("POST", "/sandbox/s1"),
        ("POST", "/sandbox//start"),
        ("POST", "/sandbox"),
        ("POST", "/sandbox/s1/start/"),
        ("POST", "/sandbox/s1/start/now"),
        ("POST", "/sandbox/s1/autostop"),
        ("POST", "/sandbox/s1/autostop/5/6"),
        ("POST", "/sandbox/s%F/start"),
        ("POST", "/sandbox/%FF/start"),
        ("DELETE", "/sandbox/s1/ssh-access"),
        ("DELETE", "/sandbox/s1/"),
        ("DELETE", "/sandbox/"),
        ("POST", "/volume/s1/start"),
    ] {
        assert_eq!(received(method, path, "", Value::Null), Err(RequestError::OtherRoute), "{method} {path}");
    }
}

#[test]
fn no_request_is_built_for_a_sandbox_that_a_path_cannot_name() {
    // An HTTP client would send `/sandbox/../start` as `/start`.
    for sandbox in ["", ".", ".."] {
        for command in [Command::Start, Command::Destroy { force: false }] {
            let http = command.request(sandbox).http(ApiProfile::V0_226);
            assert_eq!(http, Err(NoRequest::NotInPath), "{sandbox:?}");
        }
    }
    let dots = Command::Start.request("...").http(ApiProfile::V0_226).expect("a name like any other");
    assert_eq!(dots.to_string(), "POST /sandbox/.../start");
}

#[test]
fn of_a_repeated_parameter_the_last_counts() {
    let stop = |query: &str| received("POST", "/sandbox/s1/stop", query, Value::Null).map(|request| request.command);
    assert_eq!(stop("force=true&force=false"), Ok(Command::Stop { force: false }));
    assert_eq!(stop("force=false&force=true"), Ok(Command::Stop { force: true }));
}

#[test]
fn escaped_minutes_are_read() {
    let read = received("POST", "/sandbox/s1/autodelete/%2D1", "", Value::Null).map(|request| request.command);
    assert_eq!(read, Ok(Command::AutoDelete { interval: AutoDelete::from(-1) }));
}

#[test]
fn an_invalid_argument_is_an_error_that_names_it() {
    let errors = |path: &str, query: &str, body: Value| {
        received("POST", path, query, body).expect_err("an invalid argument").to_string()
    };
    assert_eq!(errors("/sandbox/s1/stop", "force=maybe", Value::Null), "force is \"maybe\", expected true or false");
    assert_eq!(
        errors("/sandbox/s1/autostop/soon", "", Value::Null),
        "autoStopInterval is \"soon\", expected a whole number of minutes"
    );
    assert_eq!(
        errors("/sandbox/s1/ttl/-1", "", Value::Null),
        "ttl is -1 minutes, expected 0 (none) or up to 2147483647"
    );
    assert_eq!(
        errors("/sandbox/s1/resize", "", json!({"cpu": 0})),
        "cpu is 0, expected a whole number from 1 to 4294967295"
    );
    assert_eq!(errors("/sandbox/s1/snapshot", "", json!({})), "the body cannot be read: missing field `name`");
}

/// A query with every parameter of 0.226.
fn every_filter() -> ListQuery {
    let day = |day: i64| chrono::DateTime::from_timestamp(day * 86_400, 0);
    ListQuery {
        cursor: Some("a+b=&".into()),
        limit: Some(200),
        id: Some("s".into()),
        name: Some("my box".into()),
        labels: Some(r#"{"team":"a"}"#.into()),
        include_errored_deleted: Some(true),
        include_warm: Some(false),
        states: vec![SandboxState::Started, SandboxState::BuildFailed],
        snapshots: vec!["a,b".into(), "c".into()],
        region_ids: vec!["eu".into()],
        sandbox_classes: vec![SandboxClass::LinuxVm],
        min_cpu: Some(1),
        max_cpu: Some(2),
        min_memory: Some(3),
        max_memory: Some(4),
        min_disk: Some(5),
        max_disk: Some(6),
        min_gpu: Some(0),
        max_gpu: Some(8),
        is_public: Some(true),
        is_recoverable: Some(false),
        created_after: day(1),
        created_before: day(2),
        last_event_after: day(3),
        last_event_before: day(4),
        auto_destroy_after: day(5),
        auto_destroy_before: day(6),
        sort: Some(ListSort::MemoryGib),
        order: Some(ListOrder::Desc),
    }
}

#[test]
fn a_server_reads_every_filter_that_a_client_sends() {
    let sent = every_filter().http(ApiProfile::V0_226).expect("the newest API has them all");
    assert_eq!(
        sent.query,
        "cursor=a%2Bb%3D%26&limit=200&id=s&name=my%20box&labels=%7B%22team%22%3A%22a%22%7D&includeErroredDeleted=true\
         &includeWarm=false&states=started&states=build_failed&snapshots=a%2Cb&snapshots=c&regionIds=eu\
         &sandboxClasses=linux-vm&minCpu=1&maxCpu=2&minMemoryGiB=3&maxMemoryGiB=4&minDiskGiB=5&maxDiskGiB=6&minGpu=0\
         &maxGpu=8&isPublic=true&isRecoverable=false&createdAtAfter=1970-01-02T00%3A00%3A00Z\
         &createdAtBefore=1970-01-03T00%3A00%3A00Z&lastEventAfter=1970-01-04T00%3A00%3A00Z\
         &lastEventBefore=1970-01-05T00%3A00%3A00Z&autoDestroyAtAfter=1970-01-06T00%3A00%3A00Z\
         &autoDestroyAtBefore=1970-01-07T00%3A00%3A00Z&sort=memoryGib&order=desc"
    );
    assert_eq!(ListQuery::from_query(&sent.query), Ok(every_filter()));
    assert_eq!(ListQuery::from_query(""), Ok(ListQuery::default()));
}

#[test]
fn a_filter_that_the_older_api_would_ignore_is_refused() {
    let newer = every_filter().http(ApiProfile::V0_190).expect_err("0.190 does not know includeWarm");
    assert_eq!(newer.to_string(), "the API 0.190 has no filter includeWarm");
    let errors = ListQuery::from_query("limit=many&states=melted&states=started&colour=red").expect_err("two faults");
    let fields: Vec<_> = errors.iter().map(|error| error.field.clone()).collect();
    assert_eq!(fields, ["limit", "states"]);
    let limit = |limit: u32| ListQuery::from_query(&format!("limit={limit}")).map(|query| query.limit);
    assert_eq!((limit(1), limit(200)), (Ok(Some(1)), Ok(Some(200))));
    for beyond in [0, 201] {
        let said = limit(beyond).expect_err("beyond a page").to_string();
        assert_eq!(said, format!("limit is {beyond}, expected a whole number from 1 to 200"));
    }
}

#[test]
fn a_read_names_its_sandbox_in_the_path() {
    assert_eq!(HttpRequest::read("a/b ü").expect("a path").to_string(), "GET /sandbox/a%2Fb%20%C3%BC");
    for nameless in ["", ".", ".."] {
        assert_eq!(HttpRequest::read(nameless), Err(NoRequest::NotInPath));
    }
}
