//! The listening sockets.

use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// Connections that the kernel keeps while nobody accepts them; it lowers the number to `somaxconn`.
const BACKLOG: i32 = 4096;
/// What the kernel may hold for a connection, in bytes (it doubles the number for its own bookkeeping). Without a bound it
/// takes megabytes for a reader that does not read, and slowness shows late.
const SEND_BUFFER_BYTES: usize = 256 * 1024;
/// Of that, what may wait unsent before the socket counts as full, in bytes.
const UNSENT_BYTES: u32 = 128 * 1024;
/// How long a client may take nothing of what it is sent before the kernel gives it up: HTTP has no other limit to that.
/// WebSockets are given up earlier (`docs/protocol.md` §5), with a close frame.
#[cfg(target_os = "linux")]
const TAKES_NOTHING: std::time::Duration = std::time::Duration::from_secs(60);

/// Opens `n` listening sockets on one address. With port 0, all of them get the same free port.
///
/// # Errors
/// When the address cannot be had, also when another server has it that shares as willingly as we do.
pub fn bind(address: SocketAddr, n: usize) -> io::Result<Vec<TcpListener>> {
    if n > 1 && address.port() != 0 {
        // sockets that share a port also share it with a stranger's that do; one that does not share tells
        socket(address, false)?;
    }
    let first = socket(address, n > 1)?;
    let address = first.local_addr()?.as_socket().unwrap_or(address);
    let mut sockets = vec![first];
    for _ in 1..n {
        sockets.push(socket(address, true)?);
    }
    sockets.into_iter().map(listen).collect()
}

fn socket(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    // connections inherit these from the socket that accepts them, which spares each of them the calls
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.set_tcp_notsent_lowat(UNSENT_BYTES)?;
    socket.set_tcp_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(TAKES_NOTHING))?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn listen(socket: Socket) -> io::Result<TcpListener> {
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn all_shards_get_the_same_free_port() {
        let sockets = bind(local(0), 3).unwrap();
        let ports: Vec<u16> = sockets.iter().map(|socket| socket.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), 3);
        assert!(ports[0] != 0 && ports.iter().all(|port| *port == ports[0]), "{ports:?}");
    }

    #[test]
    fn a_second_server_is_noticed_however_many_shards_either_has() {
        for (mine, theirs) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
            let running = bind(local(0), mine).unwrap();
            let error = bind(running[0].local_addr().unwrap(), theirs).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{mine} {theirs}");
        }
    }

    #[test]
    fn connections_inherit_their_bounds_and_send_at_once() {
        let listener = bind(local(0), 1).unwrap().remove(0);
        listener.set_nonblocking(false).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let accepted = Socket::from(listener.accept().unwrap().0);
        assert!(accepted.send_buffer_size().unwrap() <= 2 * SEND_BUFFER_BYTES);
        assert_eq!(accepted.tcp_notsent_lowat().unwrap(), UNSENT_BYTES);
        assert!(accepted.tcp_nodelay().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(accepted.tcp_user_timeout().unwrap(), Some(TAKES_NOTHING));
    }

    #[test]
    fn a_port_is_free_again_right_after() {
        let address = bind(local(0), 2).unwrap()[0].local_addr().unwrap();
        let listeners = bind(address, 2).unwrap();
        let mut clients = Vec::new();
        for _ in 0..8 {
            clients.push(std::net::TcpStream::connect(address).unwrap());
        }
        drop(listeners);
        assert!(bind(address, 2).is_ok(), "with connections of the last server still closing");
    }
}
