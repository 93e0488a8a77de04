//! A server of a few lines that speaks the simple protocol, and breaks it where it is told to.

use roomcast_protocol::{
    ClientFrame, Envelope, ServerFrame,
    server::{Joined, Message},
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What it does to one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    Nothing,
    Lose,
    Double,
    /// The next one goes first.
    Swap,
    /// Another room's name.
    Rename,
    Alter,
    /// Everyone gets the message again, under a new number.
    StoreTwice,
    Close,
}

/// Which delivery is spoiled: this message's, to the first member whose name begins like this.
const SPOILED: u64 = 20;

struct Member {
    stream: TcpStream,
    room: String,
    user: String,
    held: Vec<u8>,
}

#[derive(Default)]
struct Rooms {
    members: Vec<Member>,
    heads: std::collections::HashMap<String, u64>,
}

/// Runs until the test program ends; its URL.
pub(crate) fn serve(sabotage: Sabotage, victim: char) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let rooms = Arc::new(Mutex::new(Rooms::default()));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, rooms) = (stream.unwrap(), rooms.clone());
            thread::spawn(move || talk(stream, &rooms, sabotage, victim));
        }
    });
    url
}

/// One connection, until it ends.
fn talk(stream: TcpStream, rooms: &Mutex<Rooms>, sabotage: Sabotage, victim: char) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (room, user) = upgrade(&mut reader, &stream)?;
    rooms.lock().unwrap().join(Member { stream, room: room.clone(), user: user.clone(), held: Vec::new() });
    while let Some(text) = read(&mut reader) {
        let Ok(Envelope { frame: ClientFrame::Message { content, .. }, .. }) = Envelope::parse(&text) else {
            continue;
        };
        let mut rooms = rooms.lock().unwrap();
        let seq = rooms.say(&room, &user, &content, sabotage, victim);
        if sabotage == Sabotage::StoreTwice && seq == SPOILED {
            rooms.say(&room, &user, &content, sabotage, victim);
        }
    }
    rooms.lock().unwrap().members.retain(|member| member.user != user);
    Some(())
}

fn upgrade(reader: &mut impl BufRead, mut stream: &TcpStream) -> Option<(String, String)> {
    let mut lines = reader.lines().map_while(Result::ok);
    let request = lines.next()?;
    let path = request.split(' ').nth(1)?.strip_prefix("/chat/")?;
    let (room, user) = path.split_once("?user=")?;
    lines.find(|line| line.is_empty())?;
    // The accept key of the RFC's example, which is what the generator sends.
    let head =
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    Some((room.to_owned(), user.to_owned()))
}

/// One masked text frame; `None` where the connection ends.
fn read(reader: &mut impl Read) -> Option<String> {
    let mut head = [0; 2];
    reader.read_exact(&mut head).ok()?;
    let mut long = [0; 2];
    let len = match head[1] & 127 {
        126 => reader.read_exact(&mut long).ok().map(|()| u16::from_be_bytes(long).into())?,
        len => usize::from(len),
    };
    let (mut key, mut payload) = ([0; 4], vec![0; len]);
    reader.read_exact(&mut key).ok()?;
    reader.read_exact(&mut payload).ok()?;
    payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    (head[0] == 0x81).then(|| String::from_utf8(payload).ok())?
}

fn framed(frame: &ServerFrame<'_>) -> Vec<u8> {
    let json = frame.to_json();
    let mut out = vec![0x81];
    match u8::try_from(json.len()) {
        Ok(len @ ..126) => out.push(len),
        _ => out.extend([&[126], &u16::try_from(json.len()).unwrap().to_be_bytes()[..]].concat()),
    }
    out.extend(json);
    out
}

impl Rooms {
    fn join(&mut self, mut member: Member) {
        let head = *self.heads.entry(member.room.clone()).or_default();
        let room = member.room.as_str().into();
        let epoch = "e".into();
        let joined =
            Joined { id: None, room, epoch, head, change: 0, recovered: false, reason: None, users: 1 };
        member.stream.write_all(&framed(&ServerFrame::Joined(joined))).unwrap_or_default();
        self.members.push(member);
    }

    /// Everyone in the room gets it; its number.
    fn say(&mut self, room: &str, user: &str, content: &str, sabotage: Sabotage, victim: char) -> u64 {
        let head = self.heads.entry(room.to_owned()).or_default();
        *head += 1;
        let seq = *head;
        let message = |room: &str, content: &str| {
            let (room, user, content) =
                (room.to_owned().into(), user.to_owned().into(), content.to_owned().into());
            let timestamp = 1;
            let (nonce, reply_to, edited, deleted) = (None, None, None, false);
            framed(&ServerFrame::Message(Message {
                room,
                seq,
                user,
                content,
                timestamp,
                nonce,
                reply_to,
                edited,
                deleted,
            }))
        };
        let good = message(room, content);
        let mut spoiled = false;
        for member in self.members.iter_mut().filter(|member| member.room == room) {
            // Those who come and go are not there at the beginning: theirs is any message from then on.
            let hit = !spoiled
                && member.user.starts_with(victim)
                && (seq == SPOILED || victim == 'c' && seq.is_multiple_of(10));
            spoiled |= hit;
            let bytes = match sabotage {
                Sabotage::Lose if hit => continue,
                Sabotage::Close if hit => {
                    member.stream.shutdown(std::net::Shutdown::Both).unwrap_or_default();
                    continue;
                }
                Sabotage::Swap if hit => {
                    member.held = good.clone();
                    continue;
                }
                Sabotage::Double if hit => [&good[..], &good].concat(),
                Sabotage::Rename if hit => message("elsewhere", content),
                Sabotage::Alter if hit => message(room, &content.replace("quick", "quack")),
                _ => [&good[..], &std::mem::take(&mut member.held)].concat(),
            };
            member.stream.write_all(&bytes).unwrap_or_default();
        }
        seq
    }
}
