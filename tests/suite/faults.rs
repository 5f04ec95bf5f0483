//! Faults with the real processes: whatever breaks, no call is forwarded, the agent reads an
//! answer, and the gateway heals by itself.

mod crash;
mod kill;
mod policies;
mod server;
mod storage;
