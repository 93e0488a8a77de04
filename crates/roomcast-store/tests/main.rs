//! SQLite as a whole, from outside. (`cfg(test)` lets clippy see that these are tests.)

#[cfg(test)]
mod child;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod erasing;
#[cfg(test)]
mod full;
#[cfg(test)]
mod opening;
