/**
 * A body whose failure ends the connection. HTTP/1.1 has no other way to say in the middle that what follows will not come (RFC 9112 7.1: a
 * chunked body without its last chunk is incomplete); the server below would write the error's text into the file instead.
 *
 * @param breakOff ends the connection; told why, once, also while the client takes nothing
 */
export function breakingStream(
  body: ReadableStream<Uint8Array>,
  breakOff: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let isBroken = false
  const breaks = (error: unknown): void => {
    if (!isBroken) breakOff(error)
    isBroken = true
  }
  reader.closed.catch(breaks)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          breaks(error)
          controller.close()
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // What waits, waits behind this one.
    new CountQueuingStrategy({ highWaterMark: 0 }),
  )
}
