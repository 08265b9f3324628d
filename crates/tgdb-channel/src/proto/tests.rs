#[test]
fn sizes() {
    use super::*;
    println!(
        "Message {} Body {} Error {} Entry {} Request {} Outcome {} Failure {} Payload {} Frame {} Event {} QueryReq {}",
        size_of::<tgdb_pdu::Message>(),
        size_of::<tgdb_pdu::Body>(),
        size_of::<ChannelError>(),
        size_of::<requests::Entry<crate::driver::Waiter>>(),
        size_of::<Request<crate::driver::Waiter>>(),
        size_of::<Outcome>(),
        size_of::<Failure>(),
        size_of::<Payload>(),
        size_of::<tgdb_pdu::Frame>(),
        size_of::<Event<crate::driver::Waiter>>(),
        size_of::<tgdb_pdu::body::QueryRequest>()
    );
}
