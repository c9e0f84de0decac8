/* What no runtime stands in front of: the same frames, made by hand and given to send(2).
 *
 * The sockets are inherited as descriptors 3, 4, …, their upgrade already done. Each line of standard
 * input, "rounds events pace_ns", is one run; its processor time in ns is the line that answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define FIRST_DESCRIPTOR 3
#define HEADER_ROOM 4
#define ID "0c6f7e1a-5b1d-4a53-9d0e-3f1c2b4a5d6e"

static const char PROSE[] =
    "The median request waits for its first token far longer than for all the others together, so "
    "batching prompts by length helps most where queues are short and the cache is still cold. ";

struct connection {
  long seq;
  long offset;
};

static char buffer[65536];

static long long now(clockid_t clock) {
  struct timespec at;
  clock_gettime(clock, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static int write_event(char *to, struct connection *connection) {
  long from = connection->offset % ((long)sizeof PROSE - 51);
  int length = 36 + connection->offset % 9;
  connection->seq += 1;
  int written = sprintf(
      to,
      "{\"type\":\"event\",\"stream\":\"thread:" ID "\",\"seq\":%ld,\"event\":{\"type\":"
      "\"message_delta\",\"run_id\":\"" ID "\",\"message_id\":\"" ID
      "\",\"part\":0,\"offset\":%ld,\"text\":\"%.*s\"}}",
      connection->seq, connection->offset, length, PROSE + from);
  connection->offset += length;
  return written;
}

static void send_all(int descriptor, const char *from, size_t length) {
  while (length > 0) {
    ssize_t sent = send(descriptor, from, length, MSG_NOSIGNAL);
    if (sent >= 0) {
      from += sent;
      length -= sent;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      struct pollfd room = {.fd = descriptor, .events = POLLOUT};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      perror("send");
      exit(1);
    }
  }
}

/* One text frame (RFC 6455, 5.2): an event alone, several as a JSON array. */
static void send_frame(int descriptor, struct connection *connection, int events) {
  char *text = buffer + HEADER_ROOM;
  char *end = text;
  if (events > 1) *end++ = '[';
  for (int index = 0; index < events; index += 1) {
    if (index > 0) *end++ = ',';
    end += write_event(end, connection);
  }
  if (events > 1) *end++ = ']';
  size_t length = end - text;
  char *start = length < 126 ? text - 2 : text - 4;
  start[0] = (char)0x81;
  start[1] = (char)(length < 126 ? length : 126);
  if (length >= 126) {
    start[2] = (char)(length >> 8);
    start[3] = (char)length;
  }
  send_all(descriptor, start, end - start);
}

static void wait_until(long long at) {
  struct timespec until = {.tv_sec = at / 1000000000LL, .tv_nsec = at % 1000000000LL};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
  }
}

int main(int count, char **arguments) {
  int connections = count > 1 ? atoi(arguments[1]) : 0;
  struct connection *all = calloc(connections, sizeof *all);
  long rounds, events, pace;
  if (connections == 0 || all == NULL) return 1;
  while (scanf("%ld %ld %ld", &rounds, &events, &pace) == 3) {
    long long started = now(CLOCK_MONOTONIC);
    long long spent = now(CLOCK_PROCESS_CPUTIME_ID);
    for (long turn = 0; turn < rounds * 2; turn += 1) {
      int half = connections / 2;
      int from = turn % 2 ? half : 0;
      int to = turn % 2 ? connections : half;
      for (int index = from; index < to; index += 1)
        send_frame(FIRST_DESCRIPTOR + index, &all[index], (int)events);
      if (pace > 0) wait_until(started + (turn + 1) * pace / 2);
    }
    printf("%lld\n", now(CLOCK_PROCESS_CPUTIME_ID) - spent);
    fflush(stdout);
  }
  free(all);
  return 0;
}
