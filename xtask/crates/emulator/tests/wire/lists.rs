//! SHOW: what it lists and how its clauses narrow that.

use crate::client::{Client, platform, quick};

#[tokio::test]
async fn of_kinds_that_cannot_be_made_there_are_none() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    client.run("CREATE DATABASE d").await;
    for kind in [
        "TABLES",
        "VIEWS",
        "PROCEDURES",
        "USER FUNCTIONS",
        "SEQUENCES",
        "FILE FORMATS",
        "TASKS",
        "STREAMS",
        "PIPES",
        "SECRETS",
    ] {
        let answer = client.submit(&format!("SHOW {kind} LIKE '%' IN DATABASE d")).await;
        assert_eq!(answer["success"], true, "{kind}: {answer}");
        assert!(answer["data"]["rowset"].as_array().unwrap().is_empty(), "{kind}");
        let columns = answer["data"]["rowtype"].to_string();
        for column in ["created_on", "name", "schema_name"] {
            assert!(columns.contains(&format!("\"{column}\"")), "{kind}: {columns}");
        }
        assert_eq!(client.refused(&format!("SHOW {kind} IN DATABASE nope")).await, "002043");
    }
    platform.stop().await;
}
