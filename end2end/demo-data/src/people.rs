//! The people of the past, as the identity provider of the demo knows them.

/// One person.
pub(crate) struct Person {
    /// Account name, which is also the subject.
    pub(crate) sub: &'static str,
    pub(crate) name: &'static str,
    pub(crate) groups: &'static [&'static str],
}

/// Everybody who has signed in before.
pub(crate) const PEOPLE: &[Person] = &[
    Person {
        sub: "dana",
        name: "Dana Reyes",
        groups: &[
            "staff",
            "atlas-payments-prod-developers",
            "atlas-catalog-staging-developers",
            "atlas-data-lake-developers",
        ],
    },
    Person {
        sub: "devon",
        name: "Devon Park",
        groups: &[
            "staff",
            "atlas-catalog-staging-developers",
            "atlas-data-lake-developers",
        ],
    },
    Person {
        sub: "olga",
        name: "Olga Lindt",
        groups: &["staff", "atlas-payments-prod-owners"],
    },
    Person {
        sub: "otto",
        name: "Otto Brandt",
        groups: &[
            "staff",
            "atlas-payments-prod-owners",
            "atlas-data-lake-owners",
        ],
    },
    Person {
        sub: "olivia",
        name: "Olivia Santos",
        groups: &["staff", "atlas-catalog-staging-owners"],
    },
    Person {
        sub: "sam",
        name: "Sam Okafor",
        groups: &["staff", "certdesk-security"],
    },
    Person {
        sub: "oscar",
        name: "Oscar Nilsen",
        groups: &["staff", "certdesk-operators"],
    },
];
