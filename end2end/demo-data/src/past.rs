//! What happened, as data: certificates from before the portal, and requests with how they went.

pub(crate) const PAYMENTS: &str = "64f0c0a1e4b0a1b2c3d4e501";
pub(crate) const CATALOG: &str = "64f0c0a1e4b0a1b2c3d4e502";
pub(crate) const LAKE: &str = "64f0c0a1e4b0a1b2c3d4e503";

/// Days before the present at which the portal was installed.
pub(crate) const INSTALLED: f64 = 430.0;

/// A certificate somebody made in the Atlas console.
pub(crate) struct ByHand {
    pub(crate) project: &'static str,
    pub(crate) username: &'static str,
    pub(crate) months: u8,
    /// Days before the present.
    pub(crate) made: f64,
}

const fn by_hand(project: &'static str, username: &'static str, months: u8, made: f64) -> ByHand {
    ByHand {
        project,
        username,
        months,
        made,
    }
}

/// There before the portal first looked.
pub(crate) const BEFORE: &[ByHand] = &[
    by_hand(PAYMENTS, "orders-api", 12, 640.0),
    by_hand(PAYMENTS, "orders-api", 24, 700.0),
    by_hand(PAYMENTS, "ledger-batch", 24, 610.0),
    by_hand(PAYMENTS, "fraud-scoring", 12, 520.0),
    by_hand(CATALOG, "catalog-web", 12, 500.0),
    by_hand(CATALOG, "search-indexer", 24, 455.0),
    by_hand(LAKE, "etl-nightly", 24, 690.0),
    by_hand(LAKE, "bi-reader", 24, 440.0),
];

/// Made behind the portal's back.
pub(crate) const BEHIND: &[ByHand] = &[by_hand(CATALOG, "image-resizer", 6, 2.0)];

/// One request and how it went.
pub(crate) struct Request {
    pub(crate) project: &'static str,
    pub(crate) username: &'static str,
    pub(crate) who: &'static str,
    pub(crate) months: u8,
    pub(crate) reason: &'static str,
    /// Days before the present.
    pub(crate) asked: f64,
    pub(crate) end: End,
}

/// How a request went. Times are hours after it was asked.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// Nobody has decided.
    Waits,
    /// Nobody decided in time.
    NobodyDecided,
    TakenBack,
    Denied {
        by: &'static str,
        reason: &'static str,
    },
    /// Approved and not yet used.
    Approved {
        by: &'static str,
    },
    /// Approved and never used.
    NeverUsed {
        by: &'static str,
    },
    /// Issued; what became of the key.
    Issued {
        by: &'static str,
        key: Key,
    },
    /// Atlas refused three times.
    Refused {
        by: &'static str,
    },
    /// Atlas's answer was lost; what Atlas had done by then.
    AnswerLost {
        by: &'static str,
        made: Made,
    },
}

/// What Atlas lists after its answer about a certificate was lost.
#[derive(Clone, Copy)]
pub(crate) enum Made {
    /// Nothing new: the approval is given back.
    Nothing,
    /// One certificate, whose key nobody has.
    One,
    /// That one and another like it, made by hand at the same time: security decides.
    Two,
}

/// What became of a key.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    Saved,
    NeverConfirmed,
    NeverCollected,
    /// Still waits.
    Waits,
}

const fn saved(by: &'static str) -> End {
    End::Issued {
        by,
        key: Key::Saved,
    }
}

macro_rules! requests {
    ($($asked:literal: $who:literal wants $username:literal of $project:ident for $months:literal
        because $reason:literal => $end:expr;)*) => {
        &[$(Request {
            project: $project,
            username: $username,
            who: $who,
            months: $months,
            reason: $reason,
            asked: $asked,
            end: $end,
        }),*]
    };
}

/// The requests, in no particular order.
pub(crate) const REQUESTS: &[Request] = requests! {
    // Long over.
    425.0: "dana" wants "payouts.worker" of PAYMENTS for 3 because "First rotation through the portal, PAY-1804" => saved("olga");
    410.0: "dana" wants "orders-api" of PAYMENTS for 6 because "Move checkout off the shared certificate" => saved("otto");
    396.0: "devon" wants "catalog-web" of CATALOG for 3 because "New staging environment for the shop relaunch" => saved("olivia");
    371.0: "devon" wants "etl-nightly" of LAKE for 12 because "Nightly load moves to the new scheduler" => saved("otto");
    335.0: "dana" wants "fraud-scoring" of PAYMENTS for 3 because "Score orders in the new pipeline, read only" => End::Issued { by: "olga", key: Key::NeverConfirmed };
    322.0: "dana" wants "ledger-batch" of PAYMENTS for 12 because "One year, so that nobody has to think of it" => End::Denied { by: "olga", reason: "Three months at most for the ledger; please ask again." };
    321.0: "dana" wants "ledger-batch" of PAYMENTS for 3 because "Shorter, as you asked: ledger postings, PAY-1933" => saved("olga");
    300.0: "devon" wants "bi-reader" of LAKE for 6 because "Dashboards for the quarterly review" => saved("otto");
    281.0: "devon" wants "search-indexer" of CATALOG for 3 because "Trying the new indexer on staging" => End::NobodyDecided;
    262.0: "dana" wants "catalog-web" of CATALOG for 6 because "Load test of the product pages" => saved("olivia");
    240.0: "dana" wants "payouts.worker" of PAYMENTS for 6 because "Rotation before the audit, PAY-2010" => saved("otto");
    215.0: "devon" wants "image-resizer" of CATALOG for 3 because "Thumbnails in the new format" => End::Issued { by: "olivia", key: Key::NeverCollected };
    214.0: "devon" wants "image-resizer" of CATALOG for 3 because "The first key was never collected; once more" => saved("olivia");
    190.0: "dana" wants "orders-api" of PAYMENTS for 6 because "Rotation, PAY-2077" => End::NeverUsed { by: "olga" };
    182.0: "dana" wants "orders-api" of PAYMENTS for 6 because "Rotation, PAY-2077, this time for real" => saved("olga");
    160.0: "devon" wants "catalog-web" of CATALOG for 3 because "Debugging a slow query against staging data" => End::TakenBack;
    // Alive.
    118.0: "dana" wants "ledger-batch" of PAYMENTS for 6 because "Rotation, PAY-2140" => saved("otto");
    101.0: "devon" wants "search-indexer" of CATALOG for 6 because "Indexer moves to its own host" => saved("olivia");
    89.0: "dana" wants "orders-api" of PAYMENTS for 3 because "Rotation before the Black Friday freeze, PAY-2201" => saved("olga");
    87.5: "devon" wants "bi-reader" of LAKE for 3 because "Dashboards while the warehouse moves" => saved("otto");
    73.0: "devon" wants "etl-nightly" of LAKE for 3 because "Nightly load, second scheduler node" => saved("otto");
    69.0: "dana" wants "ledger-batch" of PAYMENTS for 3 because "Second posting host, PAY-2230" => saved("olga");
    55.0: "dana" wants "payouts.worker" of PAYMENTS for 12 because "Bank connection renewed for a year, PAY-2251" => saved("otto");
    40.0: "devon" wants "catalog-web" of CATALOG for 6 because "Staging follows production to the new cluster" => saved("olivia");
    33.0: "dana" wants "fraud-scoring" of PAYMENTS for 6 because "Scoring moves out of the batch job" => saved("olga");
    21.0: "devon" wants "etl-nightly" of LAKE for 12 because "A year for the new load host, agreed with Otto" => saved("otto");
    17.0: "devon" wants "image-resizer" of CATALOG for 3 because "Rotation after the library upgrade" => saved("olivia");
    9.0: "dana" wants "search-indexer" of CATALOG for 3 because "Compare two index layouts side by side" => End::Issued { by: "olivia", key: Key::NeverConfirmed };
    6.0: "devon" wants "catalog-web" of CATALOG for 12 because "As long as it can be, to be done with it" => End::Denied { by: "olivia", reason: "Staging is rebuilt every quarter; three months would do." };
    5.1: "devon" wants "etl-nightly" of LAKE for 1 because "Backfill of the second quarter, DATA-118" => End::AnswerLost { by: "otto", made: Made::One };
    4.0: "dana" wants "bi-reader" of LAKE for 1 because "One-off export for finance, FIN-88" => saved("otto");
    3.2: "dana" wants "etl-nightly" of LAKE for 3 because "Replay last week's loads after the outage" => End::Refused { by: "otto" };
    1.1: "devon" wants "search-indexer" of CATALOG for 3 because "Second indexer for the holiday season" => End::AnswerLost { by: "olivia", made: Made::Nothing };
    // Open.
    0.95: "olga" wants "fraud-scoring" of PAYMENTS for 3 because "Scores are computed on two hosts from Monday, PAY-2288" => End::AnswerLost { by: "otto", made: Made::Two };
    0.9: "dana" wants "catalog-web" of CATALOG for 3 because "Reproduce the cart bug with real data, SHOP-412" => End::Approved { by: "olivia" };
    0.21: "dana" wants "ledger-batch" of PAYMENTS for 3 because "Rotation before the Black Friday freeze, PAY-2291" => End::Waits;
    0.12: "olga" wants "payouts.worker" of PAYMENTS for 1 because "Check the bank certificate change myself, PAY-2294" => End::Waits;
    0.05: "devon" wants "bi-reader" of LAKE for 6 because "Dashboards for the year-end review" => End::Waits;
    0.004: "devon" wants "image-resizer" of CATALOG for 3 because "Thumbnails for the winter catalog" => End::Issued { by: "olivia", key: Key::Waits };
};
