//! Signing in and out.

mod back_channel;
mod callback;
mod cookies;
mod failure;
mod login;
mod logout;
mod looking_ahead;
mod return_to;

pub(crate) use self::{
    back_channel::back_channel_logout,
    callback::callback,
    login::login,
    logout::{logout, signed_out},
    looking_ahead::refuse_looking_ahead,
    return_to::login_address,
};
