/// A program that runs in a jail and tells what it can do there: each argument is one attempt, and
/// each attempt is answered by one line `attempt=result`, where a number is an errno or 0.
let insideProgram = #"""
    #define _GNU_SOURCE
    #include <dirent.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <netinet/in.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/resource.h>
    #include <sys/socket.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/un.h>
    #include <unistd.h>

    static void on_term(int number) { (void)number; _exit(42); }

    static void names(const char *path) {
        char found[64][256];
        int count = 0;
        DIR *directory = opendir(path);
        if (!directory) { printf("%d", errno); return; }
        for (struct dirent *e; (e = readdir(directory)) && count < 64;)
            if (e->d_name[0] != '.') snprintf(found[count++], 256, "%s", e->d_name);
        closedir(directory);
        qsort(found, (size_t)count, 256, (int (*)(const void *, const void *))strcmp);
        for (int i = 0; i < count; i++) printf("%s%s", i ? " " : "", found[i]);
    }

    static void status(const char *name) {
        char line[512];
        FILE *file = fopen("/proc/self/status", "r");
        while (file && fgets(line, sizeof line, file))
            if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':') {
                line[strcspn(line, "\n")] = 0;
                printf("%s", line + strlen(name) + 2);
            }
    }

    static int dial(int port) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ? errno : 0;
    }

    static int notify(void) {
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        snprintf(to.sun_path, sizeof to.sun_path, "%s", getenv("NOTIFY_SOCKET"));
        return sendto(fd, "READY=1\n", 8, 0, (struct sockaddr *)&to, sizeof to) < 0 ? errno : 0;
    }

    static void attempt(const char *what, char *value) {
        char text[4096] = "";
        struct stat facts;
        struct rlimit limit;
        if (!strcmp(what, "uid")) printf("%d %d", getuid(), getgid());
        else if (!strcmp(what, "pid")) printf("%d", getpid());
        else if (!strcmp(what, "listen")) printf("%s", getenv("LISTEN_PID"));
        else if (!strcmp(what, "list")) names(value);
        else if (!strcmp(what, "status")) status(value);
        else if (!strcmp(what, "cwd")) printf("%s", getcwd(text, sizeof text));
        else if (!strcmp(what, "host")) { gethostname(text, sizeof text); printf("%s", text); }
        else if (!strcmp(what, "exe")) { if (readlink("/proc/self/exe", text, 4000) > 0) printf("%s", text); }
        else if (!strcmp(what, "read")) printf("%d", open(value, O_RDONLY) < 0 ? errno : 0);
        else if (!strcmp(what, "create")) printf("%d", open(value, O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0);
        else if (!strcmp(what, "stat")) printf("%d", stat(value, &facts) < 0 ? errno : 0);
        else if (!strcmp(what, "mkdir")) printf("%d", mkdir(value, 0700) < 0 ? errno : 0);
        else if (!strcmp(what, "dial")) printf("%d", dial(atoi(value)));
        else if (!strcmp(what, "notify")) printf("%d", notify());
        else if (!strcmp(what, "files")) { getrlimit(RLIMIT_NOFILE, &limit); printf("%lu", (long)limit.rlim_cur); }
        else if (!strcmp(what, "core")) { getrlimit(RLIMIT_CORE, &limit); printf("%lu", (long)limit.rlim_max); }
        else if (!strcmp(what, "dup")) printf("%d", dup2(0, atoi(value)) < 0 ? errno : 0);
        else if (!strcmp(what, "again")) {
            syscall(SYS_execveat, atoi(value), "", (char *[]){"x", NULL}, NULL, AT_EMPTY_PATH);
            printf("%d", errno);
        } else if (!strcmp(what, "wx")) {
            void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            printf("%d", mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 ? errno : 0);
        } else if (!strcmp(what, "copy")) {
            if (fgets(text, sizeof text, stdin)) printf("%s", text);
        } else if (!strcmp(what, "kill")) printf("%d", kill(atoi(value), 0) < 0 ? errno : 0);
        else if (!strcmp(what, "exit")) exit(atoi(value));
        else if (!strcmp(what, "crash")) abort();
        else if (!strcmp(what, "orphan")) { if (fork() == 0) { setsid(); for (;;) pause(); } }
        else if (!strcmp(what, "term")) signal(SIGTERM, on_term);
        else if (!strcmp(what, "pause")) for (;;) pause();
    }

    int main(int count, char **arguments) {
        setvbuf(stdout, NULL, _IOLBF, 4096);
        for (int i = 1; i < count; i++) {
            char *value = strchr(arguments[i], ':');
            printf("%s=", arguments[i]);
            if (value) *value++ = 0;
            if (!strcmp(arguments[i], "pause")) puts("");
            attempt(arguments[i], value);
            puts("");
        }
        return 0;
    }
    """#
