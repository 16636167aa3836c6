//! The common parts of several scenarios.

pub(crate) mod answers;
pub(crate) mod disturbed;
pub(crate) mod frames;
pub(crate) mod harm;
pub(crate) mod hostile;
pub(crate) mod line_upper;
pub(crate) mod messages;
pub(crate) mod one_turn;
pub(crate) mod parts;
pub(crate) mod rude_clients;
pub(crate) mod seen;
pub(crate) mod talk;
pub(crate) mod text;
