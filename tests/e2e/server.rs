//! `frame-server`, as a user meets it.
