//! The API and the probes as their clients see them, over real connections, with an engine made of a board and a desk.

mod configuration;
mod document;
mod http;
mod kit;
mod ladders;
mod menus;
mod reload;
mod roles;
mod steering;
mod stream;
