//! The stores as a whole, from outside. (`cfg(test)` lets clippy see that these are tests.)

#[cfg(test)]
mod backup;
#[cfg(test)]
mod child;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod erasing;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod full;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod queues;
#[cfg(test)]
mod told;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod transfer;
