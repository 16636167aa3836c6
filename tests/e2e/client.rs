//! `frame-client`, as a user meets it.
