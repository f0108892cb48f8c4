// Liquibook under the streams of `pit`: liquibook run FILE OPENING LIMIT | liquibook trips FILE OPENING
// Prints what `pit` prints. Built by Benchmarks/engine against a copy of Liquibook's sources.
#include <book/order_book.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <memory>
#include <vector>

using namespace liquibook;

struct Order {
    bool isBuy;
    book::Price limit;
    book::Quantity quantity;
    bool is_buy() const { return isBuy; }
    book::Price price() const { return limit; }
    book::Price stop_price() const { return 0; }
    book::Quantity order_qty() const { return quantity; }
    bool all_or_none() const { return false; }
    bool immediate_or_cancel() const { return false; }
};

struct Line {
    uint8_t kind, side;
    uint16_t unused;
    uint32_t order, price, quantity;
};

class Book : public book::OrderBook<Order*> {
public:
    uint64_t trades = 0, quantity = 0, value = 0;

protected:
    void perform_callback(book::Callback<Order*>& call) override {
        typedef book::Callback<Order*> Callback;
        if (call.type == Callback::cb_order_fill) {
            trades += 1;
            quantity += call.quantity;
            value += call.quantity * call.price;
        } else if (call.type == Callback::cb_order_replace) {
            call.order->limit = call.price;
        }
    }
};

static uint64_t nanoseconds() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return uint64_t(now.tv_sec) * 1000000000 + uint64_t(now.tv_nsec);
}

static inline void apply(Book& engine, std::vector<Order>& orders, const Line& line) {
    Order* order = &orders[line.order];
    switch (line.kind) {
    case 1: engine.add(order); break;
    case 2: engine.cancel(order); break;
    case 3: engine.replace(order, book::SIZE_UNCHANGED, line.price); break;
    default: engine.add(order, book::oc_immediate_or_cancel); break;
    }
}

int main(int count, char** words) {
    bool isRun = count == 5 && !strcmp(words[1], "run");
    if (!isRun && !(count == 4 && !strcmp(words[1], "trips"))) return 2;
    FILE* file = fopen(words[2], "rb");
    if (!file) return 3;
    std::vector<Line> lines;
    Line line;
    while (fread(&line, sizeof line, 1, file) == 1) lines.push_back(line);
    fclose(file);
    size_t opening = strtoull(words[3], nullptr, 10);
    size_t end = isRun ? opening + strtoull(words[4], nullptr, 10) : lines.size();
    std::vector<Order> orders(lines.size() + 1);
    for (const Line& one : lines)
        if (one.kind == 1 || one.kind == 4)
            orders[one.order] = Order{one.side == 1, one.price, one.quantity};
    Book engine;
    for (size_t at = 0; at < opening; at++) apply(engine, orders, lines[at]);
    engine.trades = engine.quantity = engine.value = 0;
    if (isRun) {
        uint64_t start = nanoseconds();
        for (size_t at = opening; at < end; at++) apply(engine, orders, lines[at]);
        uint64_t span = std::max<uint64_t>(nanoseconds() - start, 1);
        printf("%.0f %lu %lu %lu\n", double(end - opening) * 1e9 / double(span), engine.trades,
               engine.quantity, engine.value);
        return 0;
    }
    std::vector<uint32_t> spans;
    spans.reserve(end - opening);
    uint64_t before = nanoseconds();
    for (size_t at = opening; at < end; at++) {
        apply(engine, orders, lines[at]);
        uint64_t now = nanoseconds();
        spans.push_back(uint32_t(now - before));
        before = now;
    }
    std::sort(spans.begin(), spans.end());
    printf("%u %u\n", spans[spans.size() / 2], spans[spans.size() * 99 / 100]);
}
