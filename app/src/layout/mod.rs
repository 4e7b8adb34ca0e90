//! What is the same on every page: the rail of rooms, the message of the last form, the seal at the
//! foot; and the pages for what cannot be shown.

pub mod atlas;
mod change_sentence;
pub mod frame;
pub mod load;
pub mod said;
pub mod seal;
pub mod sentence;
pub mod trouble;

pub use self::{
    atlas::{RefusalView, SilenceView, refusal_words, silence_words},
    frame::{Frame, NotFound, PageTitle},
    load::load,
    said::SaidNotice,
    seal::Seal,
    sentence::{
        Sentence, field_name, obstacle_next, obstacle_text, problem_of, problem_text, sentence_of,
    },
    trouble::TroubleView,
};
