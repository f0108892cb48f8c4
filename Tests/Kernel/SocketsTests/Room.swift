// Tests of Sockets.
