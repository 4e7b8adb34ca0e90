//! The few parts every page is made of.

pub mod chips;
pub mod code;
pub mod connect;
pub mod form;
pub mod islands;
pub mod lifeline;
pub mod link;
pub mod people;
pub mod prose;
pub mod sheet;
pub mod state;
pub mod story;
pub mod time;

pub use self::{
    chips::{Chip, Chips},
    code::{CodeBlock, Mono},
    connect::{Connect, taken_as},
    form::{FieldShell, PostForm, SearchBox, SelectOption, Submit, TextArea},
    islands::{
        CopyButton, Countdown, CountdownWords, FilterRows, LeaveGuard, LiveStatus, Reveal, RowKeys,
    },
    lifeline::{Lifeline, LifelineBar, Lifespan},
    link::Link,
    people::{Meter, Person, people_list, person_name, subject},
    prose::{Callout, Empty, Reason, Tone, bold, plain, thousands},
    sheet::{More, Sheet},
    state::{State, request_state, state_word_in},
    story::{Story, StoryLine, story_line},
    time::{Exact, When},
};
