//! Above 200 people, comings and goings are told together.

use crate::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_is_told_of_its_changes_in_one_frame() {
    let world = World::start().await;
    let mut first = world.settled("hall", "aaa").await;
    first.until("join").await;
    let mut others = Vec::new();
    for n in 0..260 {
        others.push(world.settled("hall", &format!("user{n:03}")).await);
    }
    let mut last = world.join("hall", "zzz").await;
    let presence = last.until("presence").await;
    assert_eq!((presence["users"].as_array().unwrap().len(), presence["count"].as_u64()), (200, Some(262)));
    last.hears_no("join").await;
    let (mut alone, mut together, mut count) = (0, 0, 0);
    while alone + together < 261 {
        let frame = first.next().await;
        match frame["type"].as_str().unwrap() {
            "join" => alone += 1,
            "presence_change" => {
                together += frame["joined"].as_array().unwrap().len();
                count = frame["count"].as_u64().unwrap();
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((alone, together, count), (199, 62, 262));
}
