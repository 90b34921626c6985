/** Size of the ServerHello record that the C proxy answers with, and so do we. */
export const SERVER_HELLO_BYTES = 127;
