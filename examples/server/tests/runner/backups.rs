//! Backups: the store, and runners that write and read it.

use crate::scene::{Scene, restoring, vm};
use sandbox_lifecycle::{
    Report,
    record::{BackupRef, Message},
    rules::{Call, Job, Outcome, Task},
    vocabulary::{CopyState, Fault},
};
use sandbox_server::runner::wire::Details;
use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::symlink,
    path::PathBuf,
    time::{Duration, Instant},
};

const R: &str = "runner-1";

/// Waits for the backup reference of a completed attempt.
async fn backed_up(scene: &Scene, id: &str, attempt: u32) -> BackupRef {
    let ended = Report::Ended { job: Job::Backup { attempt: Some(attempt) }, outcome: Outcome::Completed, epoch: None };
    scene
        .until("a backup is completed", |heard| {
            heard.reports.iter().find(|it| it.sandbox_id == id && it.report == ended).and_then(|it| it.backup.clone())
        })
        .await
}

#[tokio::test]
async fn a_backup_is_restored_on_another_runner_with_its_counter() {
    let scene = Scene::new().await;
    let _runners = (scene.runner(R).await, scene.runner("runner-2").await);
    scene.done(R, "a", Task::Create, 1).await;
    scene.counts_beyond(R, "a", 3).await;
    scene.done(R, "a", Task::Stop { force: false }, 2).await;
    let counter = scene.counter(R, "a");
    scene.call(R, "a", Task::Backup { attempt: 1 }, 2).await;
    let backup = backed_up(&scene, "a", 1).await;
    assert_eq!(backup, BackupRef { snapshot: "a/1".into(), registry: "backups".into() });
    let begun = Report::BackupUnderWay { begun: true, attempt: Some(1) };
    scene.until("it has begun", |heard| heard.reports.iter().find(|it| it.report == begun).map(drop)).await;
    scene.send(R, "a", Message::Remove { epoch: 3 }, Details::default()).await;
    // An older copy there is replaced.
    scene.done("runner-2", "a", Task::Create, 4).await;
    fs::write(scene.disk("runner-2", "a").join("old"), "").expect("a file");
    assert_eq!(scene.done_with("runner-2", "a", Task::Restore, 5, restoring(backup)).await, Outcome::Completed);
    scene.counts_beyond("runner-2", "a", counter).await;
    assert!(!scene.disk("runner-2", "a").join("old").exists());
    scene.witness_beyond("a", counter).await;
}

#[tokio::test]
async fn a_repeated_request_is_answered_again_and_an_older_one_is_not_begun() {
    let scene = Scene::new().await;
    let runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.call(R, "a", Task::Backup { attempt: 2 }, 1).await;
    backed_up(&scene, "a", 2).await;
    let whole = fs::read(scene.dir.join("backups/a/2.tar.gz")).expect("an object");
    runner.kill().await;
    let _runner = scene.runner(R).await;
    scene.heard.lock().expect("the server").reports.clear();
    scene.call(R, "a", Task::Backup { attempt: 1 }, 1).await;
    scene.call(R, "a", Task::Backup { attempt: 2 }, 1).await;
    backed_up(&scene, "a", 2).await;
    assert_eq!(fs::read(scene.dir.join("backups/a/2.tar.gz")).expect("an object"), whole);
    assert!(!scene.store().has_whole("a", 1).expect("an answer"));
}

#[tokio::test]
async fn a_backup_of_a_copy_that_is_not_there_fails_and_so_does_a_restore_without_an_object() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.call(R, "a", Task::Backup { attempt: 1 }, 0).await;
    let failed = Outcome::Failed { fault: Fault::Runner, recoverable: false };
    assert_eq!(scene.ended("a", Job::Backup { attempt: Some(1) }, None).await.0, failed);
    for backup in ["a/1", "../a/1", "a/../1", "a"] {
        let backup = BackupRef { snapshot: backup.into(), registry: "backups".into() };
        let epoch = scene.until("", |heard| u32::try_from(heard.reports.len()).ok()).await;
        assert_eq!(scene.done_with(R, "a", Task::Restore, epoch, restoring(backup)).await, failed);
        assert_eq!(scene.ask(R, "a", epoch).await, CopyState::None);
    }
}

#[tokio::test]
async fn a_backup_of_a_released_copy_is_refused() {
    let scene = Scene::new().await;
    let _runner = scene.runner(R).await;
    scene.done(R, "a", Task::Create, 1).await;
    scene.send(R, "a", Message::Release { epoch: 2 }, Details::default()).await;
    let request = Message::Call(Call { task: Task::Backup { attempt: 1 }, epoch: 1 });
    assert_eq!(scene.send(R, "a", request, vm()).await.0, 409);
}

#[tokio::test]
async fn the_store_refuses_what_was_discarded_also_across_the_wrap_of_the_numbers() {
    let scene = Scene::new().await;
    let disk = scene.dir.join("a disk");
    fs::create_dir_all(disk.join("folder")).expect("a folder");
    let store = scene.store();
    for attempt in [u32::MAX - 1, u32::MAX, 0] {
        assert!(store.upload("a", attempt, &disk).expect("an upload").is_some());
    }
    fs::write(scene.dir.join(format!("backups/a/{}.new", u32::MAX)), "left by a crash").expect("a file");
    store.discard_before("a", 0).expect("a discard");
    store.discard_before("a", u32::MAX).expect("a late repeat");
    let whole = |attempt| scene.store().has_whole("a", attempt).expect("an answer");
    assert_eq!([u32::MAX - 1, u32::MAX, 0].map(whole), [false, false, true]);
    assert_eq!(scene.store().upload("a", u32::MAX, &disk).expect("an answer"), None);
    let mut left: Vec<_> = fs::read_dir(scene.dir.join("backups/a"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    left.sort();
    assert_eq!(left, ["0.tar.gz", "discarded", "lock"]);
}

/// Makes a disk whose backup takes long enough to be disturbed.
fn large_disk(scene: &Scene) -> PathBuf {
    let disk = scene.dir.join("a disk");
    fs::create_dir(&disk).expect("a folder");
    for part in 0..40 {
        let noise: Vec<u8> = (0..1 << 18).map(|_| fastrand::u8(..)).collect();
        fs::write(disk.join(part.to_string()), noise).expect("a file");
    }
    disk
}

#[tokio::test]
async fn an_attempt_that_is_discarded_while_it_uploads_leaves_no_object() {
    let scene = Scene::new().await;
    let (disk, store) = (large_disk(&scene), scene.store());
    let (uploading, of) = (store.clone(), disk.clone());
    let upload = std::thread::spawn(move || uploading.upload("a", 1, &of));
    let new = scene.dir.join("backups/a/1.new");
    let begun = Instant::now();
    while fs::metadata(&new).map_or(0, |it| it.len()) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    store.discard_before("a", 2).expect("a discard");
    assert_eq!(upload.join().expect("a thread").expect("an answer"), None);
    assert!(!store.has_whole("a", 1).expect("an answer") && !new.exists());
}

#[tokio::test]
async fn a_disk_that_is_replaced_while_it_is_backed_up_makes_no_backup() {
    let scene = Scene::new().await;
    let (disk, store) = (large_disk(&scene), scene.store());
    let (uploading, of) = (store.clone(), disk.clone());
    let upload = std::thread::spawn(move || uploading.upload("a", 1, &of));
    let begun = Instant::now();
    while fs::metadata(scene.dir.join("backups/a/1.new")).map_or(0, |it| it.len()) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    fs::rename(&disk, scene.dir.join("trash")).expect("a rename");
    fs::create_dir(&disk).expect("a folder");
    let error = upload.join().expect("a thread").expect_err("no whole disk was read");
    assert_eq!(error.kind(), ErrorKind::Other, "{error}");
    assert!(!store.has_whole("a", 1).expect("an answer"));
}

#[tokio::test]
async fn a_restored_folder_has_the_same_files_links_and_rights() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new().await;
    let (disk, into) = (scene.dir.join("a disk"), scene.dir.join("restored"));
    fs::create_dir_all(disk.join("folder/empty")).expect("a folder");
    let long = "long name ".repeat(20);
    fs::write(disk.join("folder").join(&long), "content").expect("a file");
    fs::set_permissions(disk.join("folder").join(&long), fs::Permissions::from_mode(0o750)).expect("rights");
    symlink("folder", disk.join("link")).expect("a link");
    let backup = scene.store().upload("a", 1, &disk).expect("an upload").expect("an object");
    scene.store().restore(&backup, &into).expect("a restore");
    let copy = into.join("link").join(&long);
    assert_eq!(fs::read_to_string(&copy).expect("a file"), "content");
    assert_eq!(fs::metadata(&copy).expect("a file").permissions().mode() & 0o777, 0o750);
    assert!(into.join("folder/empty").is_dir() && fs::read_link(into.join("link")).is_ok());
}
