//! Whatever people, Atlas and time do in whatever order: the portal stands where a simple model says, and
//! its promises hold at the end of every story.

mod reference;
mod story;

use portal::testing::TestPortal;
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use sqlx::PgPool;

use self::story::{Step, tell, told};

/// Stories told in every run; the variable tells more.
const STORIES: usize = 200;
const MORE: &str = "CERTDESK_TEST_STORIES";

#[expect(
    clippy::disallowed_methods,
    reason = "how long to search is no configuration of the portal"
)]
#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn every_story_goes_as_the_model_says_and_ends_well(owner: PgPool) {
    let test = TestPortal::empty(owner);
    story::prepare(&test).await;
    let stories = std::env::var(MORE).map_or(STORIES, |text| text.parse().expect("a number"));
    let mut runner = TestRunner::default();
    let strategy = proptest::collection::vec(proptest::arbitrary::any::<Step>(), 1..14);
    let mut number = 0;
    for _ in 0..stories {
        let mut tree = strategy.new_tree(&mut runner).expect("a story");
        number += 1;
        let Err(first) = tell(&test, number, &tree.current()).await else {
            continue;
        };
        // The shortest story that goes wrong.
        let mut worst = (tree.current(), first);
        let mut shorter = tree.simplify();
        while shorter {
            number += 1;
            shorter = match tell(&test, number, &tree.current()).await {
                Err(failure) => {
                    worst = (tree.current(), failure);
                    tree.simplify()
                }
                Ok(()) => tree.complicate(),
            };
        }
        panic!("{}\n{}", told(&worst.0), worst.1);
    }
}
