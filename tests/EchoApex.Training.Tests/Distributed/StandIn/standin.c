/* A stand-in for libnccl and libcuda that records calls and computes as a group of equal processes would: enough to check
   that arguments arrive in the right places. It is compiled by the test where a C compiler is present. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stddef.h>

typedef struct { char internal[128]; } ncclUniqueId;
typedef struct { int world; int rank; } comm;

static void say(const char* text) {
  const char* path = getenv("STANDIN_LOG");
  FILE* file = path ? fopen(path, "a") : NULL;
  if (file) { fprintf(file, "%s\n", text); fclose(file); }
}

int ncclGetVersion(int* version) { *version = 22703; return 0; }
int ncclGetUniqueId(ncclUniqueId* id) { for (int i = 0; i < 128; i++) id->internal[i] = (char)(i + 1); return 0; }

int ncclCommInitRank(void** out, int world, ncclUniqueId id, int rank) {
  char text[200];
  int whole = 1;
  for (int i = 0; i < 128; i++) whole = whole && id.internal[i] == (char)(i + 1);
  comm* made = malloc(sizeof(comm));
  made->world = world; made->rank = rank;
  *out = made;
  snprintf(text, sizeof text, "init world %d rank %d id %s", world, rank, whole ? "whole" : "torn");
  say(text);
  return 0;
}

static size_t bytes_of(int type) { return type == 1 ? 1 : type == 9 ? 2 : type == 7 ? 4 : 8; }

int ncclAllReduce(const void* in, void* out, size_t count, int type, int op, void* c, void* stream) {
  char text[200];
  comm* group = c;
  snprintf(text, sizeof text, "allreduce %zu type %d op %d stream %s", count, type, op, stream ? "side" : "main");
  say(text);
  if (op == 0 && type == 7) for (size_t i = 0; i < count; i++) ((float*)out)[i] = ((const float*)in)[i] * (float)group->world;
  return 0;
}

int ncclBroadcast(const void* in, void* out, size_t count, int type, int root, void* c, void* stream) {
  char text[200];
  snprintf(text, sizeof text, "broadcast %zu type %d root %d", count, type, root);
  say(text);
  return root == 7 ? 4 : 0;
}

int ncclAllGather(const void* in, void* out, size_t count, int type, void* c, void* stream) {
  char text[200];
  comm* group = c;
  snprintf(text, sizeof text, "allgather %zu type %d", count, type);
  say(text);
  for (int i = 0; i < group->world; i++) memcpy((char*)out + i * count * bytes_of(type), in, count * bytes_of(type));
  return 0;
}

int ncclCommGetAsyncError(void* c, int* error) { *error = getenv("STANDIN_FAULT") ? 6 : 0; return 0; }
const char* ncclGetErrorString(int code) { return code == 4 ? "invalid argument" : code == 6 ? "remote process exited or there was a network error" : "no error"; }
int ncclCommDestroy(void* c) { say("destroy"); free(c); return 0; }
int ncclCommAbort(void* c) { say("abort"); return 0; }

int cuStreamCreate(void** stream, unsigned flags) { *stream = (void*)0x51; return flags == 1 ? 0 : 1; }
int cuStreamDestroy_v2(void* stream) { say("stream destroyed"); return stream == (void*)0x51 ? 0 : 1; }
int cuStreamQuery(void* stream) { return 0; }
int cuStreamWaitEvent(void* stream, void* event, unsigned flags) { say(stream ? "side waits" : "main waits"); return event == (void*)0x77 && flags == 0 ? 0 : 1; }
int cuEventCreate(void** event, unsigned flags) { *event = (void*)0x77; return flags == 2 ? 0 : 1; }
int cuEventDestroy_v2(void* event) { return event == (void*)0x77 ? 0 : 1; }
int cuEventRecord(void* event, void* stream) { say(stream ? "mark in side" : "mark in main"); return 0; }
