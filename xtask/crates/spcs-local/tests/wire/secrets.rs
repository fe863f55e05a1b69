//! What must not be seen again: passwords.

use crate::client::{Client, platform, quick};

#[tokio::test]
async fn the_history_of_queries_has_no_passwords() {
    let directory = tempfile::tempdir().unwrap();
    let platform = platform(directory.path(), quick()).await;
    let client = Client::admin(&platform).await;
    for (sql, kept) in [
        ("CREATE USER u PASSWORD='hush' EMAIL='e'", "CREATE USER u PASSWORD='********' EMAIL='e'"),
        ("ALTER USER u SET PASSWORD = $$hush$$", "ALTER USER u SET PASSWORD = '********'"),
        ("CREATE USER v PASSWORD='hush", "********"),
    ] {
        let answer = client.submit(sql).await;
        let query = client.history(answer["data"]["queryId"].as_str().unwrap()).await;
        assert_eq!(query["sqlText"], kept);
    }
    platform.stop().await;
}
