//! A platform that is killed inside CREATE OR REPLACE: the object is the old one with its files, or
//! the new one without any.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use spcs_local::Status;

use crate::client::{Client, platform, quick, stage_directories, text};

/// How often the platform is killed for each kind. `SPCS_TEST_KILLS` sets another number.
const KILLS: u32 = 20;

/// The process that the tests kill.
#[tokio::test(flavor = "multi_thread")]
async fn platform_main() {
    let Ok(directory) = std::env::var("SPCS_TEST_PLATFORM_DIR") else { return };
    // Exit when the test ends and closes the pipe.
    std::thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        std::process::exit(1)
    });
    let _platform = platform(Path::new(&directory), quick()).await;
    std::future::pending().await
}

/// A platform in a process of its own. Killed on drop.
pub(crate) struct Process {
    child: Child,
    pub(crate) status: Status,
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) async fn start(state_dir: &Path) -> Process {
        let file = state_dir.join("platform.json");
        match fs_err::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::platform_main", "--nocapture"])
            .env("SPCS_TEST_PLATFORM_DIR", state_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let written = fs_err::read(&file).ok();
            if let Some(status) = written.and_then(|text| serde_json::from_slice(&text).ok()) {
                return Process { child, status };
            }
            assert!(child.try_wait().unwrap().is_none(), "the platform ended");
            assert!(Instant::now() < deadline, "the platform does not start");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A kind with files, and how to fill and look into an object of it.
struct Case {
    kind: &'static str,
    name: &'static str,
    /// Statements that run after CREATE, before the files are stored.
    inside: &'static str,
    stage: Option<&'static str>,
    repository: Option<&'static str>,
}

const CASES: [Case; 4] = [
    Case {
        kind: "STAGE",
        name: "d.public.x",
        inside: "",
        stage: Some("d.public.x"),
        repository: None,
    },
    Case {
        kind: "IMAGE REPOSITORY",
        name: "d.public.x",
        inside: "",
        stage: None,
        repository: Some("d.public.x"),
    },
    Case {
        kind: "SCHEMA",
        name: "d.x",
        inside: "CREATE STAGE d.x.s; CREATE IMAGE REPOSITORY d.x.r",
        stage: Some("d.x.s"),
        repository: Some("d.x.r"),
    },
    Case {
        kind: "DATABASE",
        name: "x",
        inside: "CREATE STAGE x.public.s; CREATE IMAGE REPOSITORY x.public.r",
        stage: Some("x.public.s"),
        repository: Some("x.public.r"),
    },
];

impl Case {
    /// Replaces the object by an old one with files.
    async fn fill(&self, client: &Client) {
        let Case { kind, name, inside, .. } = self;
        client.run(&format!("CREATE OR REPLACE {kind} {name} COMMENT = 'old'; {inside}")).await;
        if let Some(stage) = self.stage {
            client.put(&format!("@{stage}"), "file", "x").await;
        }
        if let Some(repository) = self.repository {
            client.push_quickly(&format!("{}/i", repository.replace('.', "/"))).await;
        }
    }

    fn replace(&self) -> String {
        format!("CREATE OR REPLACE {} {} COMMENT = 'new'", self.kind, self.name)
    }

    /// Whether the object is the new one, and the number of its files and images.
    async fn found(&self, client: &Client) -> (bool, usize) {
        let name = self.name.rsplit('.').next().unwrap();
        let show = format!("SHOW {} LIKE '{name}' {}", self.plural(), self.scope());
        let objects = client.rows(&show).await;
        assert_eq!(objects.len(), 1, "{show}");
        let mut files = 0;
        if let Some(stage) = self.stage {
            files += count(client, &format!("LS @{stage}")).await;
        }
        if let Some(repository) = self.repository {
            let show = format!("SHOW IMAGES IN IMAGE REPOSITORY {repository}");
            files += count(client, &show).await;
        }
        (text(&objects[0], "comment") == "new", files)
    }

    fn plural(&self) -> String {
        match self.kind.strip_suffix('Y') {
            Some(stem) => format!("{stem}IES"),
            None => format!("{}S", self.kind),
        }
    }

    fn scope(&self) -> &'static str {
        match self.kind {
            "DATABASE" => "",
            "SCHEMA" => "IN DATABASE d",
            _ => "IN SCHEMA d.public",
        }
    }
}

/// The rows of a list; none if what it lists does not exist.
async fn count(client: &Client, sql: &str) -> usize {
    let answer = client.submit(sql).await;
    answer["data"]["rowset"].as_array().map_or(0, Vec::len)
}

/// Sends a statement, and kills the platform some time later.
async fn kill_during(process: Process, client: &Client, sql: &str, after: Duration) {
    // A thread sleeps for microseconds; the runtime's timer for milliseconds.
    let killed = tokio::task::spawn_blocking(move || {
        std::thread::sleep(after);
        drop(process);
    });
    // The statement may be answered before.
    let (_, killed) = tokio::join!(client.try_submit(sql), killed);
    killed.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_killed_inside_create_or_replace_has_the_old_files_or_none() {
    let kills = std::env::var("SPCS_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    for case in CASES {
        let directory = tempfile::tempdir().unwrap();
        let mut process = Process::start(directory.path()).await;
        let mut client = Client::admin_of(&process.status).await;
        client.run("CREATE DATABASE d").await;
        case.fill(&client).await;
        let begun = Instant::now();
        client.run(&case.replace()).await;
        let takes = begun.elapsed();
        assert_eq!(case.found(&client).await, (true, 0), "{}", case.kind);

        let full = usize::from(case.stage.is_some()) + usize::from(case.repository.is_some());
        let (mut old, mut new) = (0, 0);
        for kill in 0..kills {
            case.fill(&client).await;
            // Each moment from before the statement to after it. The change itself is at the
            // start, so half of the kills are in the first part.
            let part = if kill % 2 == 0 { takes / 10 } else { takes };
            let after = part * (kill / 2) / (kills / 2);
            kill_during(process, &client, &case.replace(), after).await;
            process = Process::start(directory.path()).await;
            client = Client::admin_of(&process.status).await;
            match case.found(&client).await {
                (false, files) if files == full => old += 1,
                (true, 0) => new += 1,
                (is_new, files) => panic!(
                    "{} killed after {after:?}: half applied: new: {is_new}, files: {files}",
                    case.kind
                ),
            }
        }
        eprintln!("{}: {kills} kills: {old} times the old object, {new} times the new", case.kind);
        until_no_garbage(directory.path(), &case, &client).await;
    }
}

/// Waits until only objects have files.
async fn until_no_garbage(state_dir: &Path, case: &Case, client: &Client) {
    let (is_new, _) = case.found(client).await;
    let objects = |has: bool| if is_new || !has { 0 } else { 1 };
    let expected = (objects(case.stage.is_some()), objects(case.repository.is_some()));
    let repositories = state_dir.join("registry/repositories");
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let stages = stage_directories(state_dir).len();
        let images = fs_err::read_dir(&repositories).unwrap().count();
        if (stages, images) == expected {
            return;
        }
        let left: Vec<PathBuf> = stage_directories(state_dir);
        assert!(Instant::now() < deadline, "{}: {left:?}, {images} repositories", case.kind);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
