//! Objects whose names differ only in what file and container names cannot hold.

use crate::client::{Client, platform, quick, stage_directories, text};

#[tokio::test]
async fn stages_whose_names_look_alike_have_separate_files() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d").await;
    let names =
        ["a/b", "a", "A", "a.b", "ä", "ö", "\u{130}", "i"].map(|name| format!("\"{name}\""));
    for name in &names {
        client.run(&format!("CREATE STAGE {name}")).await;
        client.put(&format!("@{name}"), "file", name).await;
    }
    assert_eq!(stage_directories(directory.path()).len(), names.len());
    for name in &names {
        let listed = client.rows(&format!("LS @{name}")).await;
        assert_eq!(listed.len(), 1, "{name}");
        assert_eq!(text(&listed[0], "size"), name.len().to_string(), "{name}");
    }
    client.run(&format!("DROP STAGE {}", names[0])).await;
    assert_eq!(stage_directories(directory.path()).len(), names.len() - 1);
    platform.stop().await;
}

/// `SL$B.C.S` and `SL.B$C.S` were the same after their special characters were replaced.
#[tokio::test]
async fn services_whose_names_look_alike_are_separate() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client
        .run(
            "CREATE COMPUTE POOL p MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_XS;
             GRANT USAGE, OPERATE ON COMPUTE POOL p TO ROLE SYSADMIN; USE ROLE SYSADMIN;
             CREATE DATABASE d; CREATE IMAGE REPOSITORY r; CREATE DATABASE sl$b; CREATE SCHEMA c;
             CREATE DATABASE sl; CREATE SCHEMA b$c",
        )
        .await;
    client.push(&platform, "d/public/r/i").await;
    let services = ["sl$b.c.s", "sl.b$c.s", "d.public.ä", "d.public.ö"];
    let create = |service: &str| {
        format!(
            "CREATE SERVICE {service} IN COMPUTE POOL p FROM SPECIFICATION $$
             spec: {{ containers: [{{ name: c, image: /d/public/r/i }}] }}
             $$"
        )
    };
    for service in services {
        client.rows(&create(service)).await;
    }
    let files = || fs_err::read_dir(directory.path().join("services")).unwrap().count();
    let names = async {
        let mut names = std::collections::BTreeSet::new();
        for service in services {
            let status = format!("CALL SYSTEM$GET_SERVICE_STATUS('{service}', 20)");
            assert!(client.cell(&status).await.contains("READY"), "{service}");
            let logs = format!("CALL SYSTEM$GET_SERVICE_LOGS('{service}', 0, 'c')");
            // The fake container prints its name.
            names.insert(client.cell(&logs).await);
        }
        names
    };
    assert_eq!(names.await.len(), services.len(), "each container has a name of its own");
    assert_eq!(files(), services.len(), "each service has a directory of its own");
    client.run("DROP SERVICE sl$b.c.s").await;
    let status = client.cell("CALL SYSTEM$GET_SERVICE_STATUS('sl.b$c.s', 20)").await;
    assert!(status.contains("READY"), "{status}");
    assert_eq!(files(), services.len() - 1);
    platform.stop().await;
}
