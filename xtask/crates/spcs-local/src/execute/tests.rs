//! What a role may not see does not exist for it. Every form of every statement gets the same
//! answer about an object that the role may not see as about one that does not exist, word for
//! word except for its name. The table comes from the list of kinds, so it has every new kind.

mod forms;
mod world;

use super::{Executor, Outcome};
use crate::kind::{Creation, Data, Kind, Object, ServiceRecord};
use crate::sql::{SqlError, split};
use crate::statement::parse;
use world::{ABSENT, HIDDEN, World, name, object, path, places, service};

#[tokio::test]
async fn what_a_role_may_not_see_does_not_exist_for_it() {
    let world = World::new().await;
    world.hide();
    world.grant_what_is_out_of_reach();
    let kinds: Vec<Kind> =
        Kind::ALL.iter().copied().filter(|kind| !kind.facts().is_visible_to_all).collect();
    let mine = |kind: Kind| path(kind, "MINE").join(".");
    let (mut leaks, mut count) = (Vec::new(), 0);
    for kind in &kinds {
        let before = count;
        for (hidden, absent) in places(*kind, HIDDEN).iter().zip(places(*kind, ABSENT)) {
            let forms = |path: &[String]| forms::of(*kind, &path.join("."), mine);
            for (about_hidden, about_absent) in forms(hidden).iter().zip(forms(&absent)) {
                // A new session: USE that succeeds would change what follows.
                let makes = about_hidden.starts_with("CREATE SERVICE d.public.x ");
                let role = if makes { "MAKER" } else { "LOW" };
                let of_hidden = answer(&world.session("SOMEONE", role), about_hidden).await;
                let of_absent = answer(&world.session("SOMEONE", role), &about_absent).await;
                if of_hidden.replace(HIDDEN, ABSENT) != of_absent {
                    leaks.push(format!("{about_hidden}\n  {of_hidden}\n  {of_absent}"));
                }
                count += 1;
            }
        }
        let least = if kind.facts().creation == Creation::Never { 1 } else { 20 };
        assert!(count - before >= least, "{kind:?}: {} forms", count - before);
    }
    assert!(leaks.is_empty(), "{} of {count}:\n{}", leaks.len(), leaks.join("\n"));
    assert!(kinds.len() > 20 && count > 1_500, "{} kinds, {count} forms", kinds.len());
    // No statement changed a hidden object, or created one with the name of none.
    let account = world.platform.account();
    account.catalog.read(|state| {
        for kind in Kind::creatable() {
            let all: Vec<&Object> = state.all(kind).collect();
            let wrong = all.iter().find(|it| it.updated != 0 && it.full_name().contains(HIDDEN));
            assert!(wrong.is_none(), "{wrong:?} was changed");
            assert!(!all.iter().any(|it| it.full_name().contains(ABSENT)), "{kind:?} was created");
            if !kind.facts().is_visible_to_all {
                let left = places(kind, HIDDEN).iter().all(|it| state.find(kind, it).is_some());
                assert!(left, "{kind:?} was dropped");
            }
        }
    });
    world.platform.stop().await;
}

#[tokio::test]
async fn no_list_changes_when_there_are_objects_that_a_role_may_not_see() {
    let world = World::new().await;
    let low = world.session("SOMEONE", "LOW");
    let lists = forms::lists();
    assert!(lists.len() > Kind::ALL.len());
    let mut before = Vec::new();
    for list in &lists {
        before.push(answer(&low, list).await);
    }
    world.hide();
    for (list, before) in lists.iter().zip(before) {
        assert_eq!(answer(&low, list).await, before, "{list}");
    }
    world.platform.stop().await;
}

#[tokio::test]
async fn a_kind_that_everybody_sees_is_listed_for_everybody() {
    let world = World::new().await;
    let low = world.session("SOMEONE", "LOW");
    for kind in Kind::ALL.iter().filter(|kind| kind.facts().is_visible_to_all) {
        world.change(|state| state.put(object(*kind, path(*kind, "SHOWN"), "SYSADMIN")));
        let listed = answer(&low, &format!("SHOW {}", kind.plural())).await;
        assert!(listed.contains(&name(*kind, "SHOWN")), "{kind:?}: {listed}");
    }
    world.platform.stop().await;
}

/// Names are unique, so CREATE cannot hide that one is taken from who may use it.
#[tokio::test]
async fn who_may_create_objects_learns_that_a_name_is_taken_and_nothing_else() {
    let world = World::new().await;
    world.hide();
    let keeper = world.session("SOMEONE", "KEEPER");
    let mut count = 0;
    for kind in Kind::creatable().filter(|kind| kind.new_data(0).is_some()) {
        let facts = kind.facts();
        if facts.is_visible_to_all {
            continue;
        }
        let full = path(kind, HIDDEN).join(".");
        let taken = format!("{:?}", SqlError::exists(&full));
        let words = kind.words();
        let mut modes = vec![""];
        if facts.creation != Creation::Plain {
            modes.push("OR REPLACE ");
        }
        if facts.creation == Creation::ReplaceOrAlter {
            modes.push("OR ALTER ");
        }
        for mode in modes {
            let sql = format!("CREATE {mode}{words} {full}");
            assert_eq!(answer(&keeper, &sql).await, taken, "{sql}");
            count += 1;
        }
        let kept = answer(&keeper, &format!("CREATE {words} IF NOT EXISTS {full}")).await;
        assert!(kept.contains("already exists, statement succeeded"), "{kept}");
    }
    assert!(count > 15, "{count}");
    world.platform.stop().await;
}

#[tokio::test]
async fn a_pool_names_only_services_that_its_owner_sees() {
    let world = World::new().await;
    let pool = name(Kind::ComputePool, "MINE");
    world.change(|state| {
        for (owner, end) in [("SYSADMIN", HIDDEN), ("LOW", "SEEN")] {
            let data = Data::Service(Box::new(ServiceRecord { pool: pool.clone(), ..service() }));
            state.put(Object::new(data, path(Kind::Service, end), owner, 0));
        }
    });
    let low = world.session("SOMEONE", "LOW");
    let refused = answer(&low, &format!("DROP COMPUTE POOL {pool}")).await;
    let listed = "it has services: D.PUBLIC.SERVICE_SEEN, 1 that the current role may not see.";
    assert!(refused.contains(listed), "{refused}");
    assert!(!refused.contains(HIDDEN), "{refused}");
    world.platform.stop().await;
}

#[tokio::test]
async fn a_schema_that_a_role_may_not_see_does_not_become_its_current_one() {
    let world = World::new().await;
    let admin = world.session("ADMIN", "ACCOUNTADMIN");
    let low = world.session("SOMEONE", "LOW");
    run(&admin, "CREATE DATABASE e; GRANT USAGE ON DATABASE e TO ROLE low").await;
    run(&low, "USE DATABASE e").await;
    let with_hidden = answer(&low, "SELECT CURRENT_SCHEMA()").await;
    run(&admin, "DROP SCHEMA e.public").await;
    run(&low, "USE DATABASE e").await;
    assert_eq!(answer(&low, "SELECT CURRENT_SCHEMA()").await, with_hidden);
    world.platform.stop().await;
}

#[tokio::test]
async fn everybody_sees_oneself() {
    let world = World::new().await;
    let low = world.session("SOMEONE", "LOW");
    run(&low, "DESCRIBE USER someone; SHOW GRANTS TO USER someone").await;
    assert!(answer(&low, "SHOW USERS").await.contains("SOMEONE"));
    world.platform.stop().await;
}

async fn outcome(executor: &Executor, sql: &str) -> Result<Outcome, SqlError> {
    let statement = parse(&split(sql).unwrap()[0]);
    executor.run(statement.unwrap_or_else(|error| panic!("{sql}: {error:?}"))).await
}

async fn run(executor: &Executor, statements: &str) {
    for sql in statements.split(';') {
        let done = outcome(executor, sql).await;
        assert!(done.is_ok(), "{sql}: {:?}", done.err());
    }
}

/// The answer to a statement, in full.
async fn answer(executor: &Executor, sql: &str) -> String {
    match outcome(executor, sql).await {
        Ok(Outcome::Rows(rows)) => format!("{rows:?}"),
        Ok(Outcome::Transfer(data)) => data.to_string(),
        Ok(_) => panic!("{sql}: another kind of answer"),
        Err(error) => format!("{error:?}"),
    }
}
