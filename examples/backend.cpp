// A shop's back end: loads a model once, answers offers from several threads, and swaps the model while they run.
//
//   crosslift train --data online_retail --model shop.safetensors
//   example_backend shop.safetensors 85123A
#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>
#include <crosslift/offers.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// What every request handler of the back end would hold: the engine in use, replaced as a whole.
std::atomic<std::shared_ptr<const crosslift::OfferEngine>> engine_in_use;

// One request: the engine is taken once, so a swap in the middle of an answer does no harm.
crosslift::OfferList answer(const std::vector<std::string>& basket) {
    const auto engine = engine_in_use.load();
    return engine->cross_sell(basket, {}, {.k = 5});
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 3) {
        std::fprintf(stderr, "usage: %s MODEL ITEM [ITEM ...]\n", argv[0]);
        return 2;
    }
    const auto load = [&] {
        return std::make_shared<const crosslift::OfferEngine>(crosslift::load_offer_engine(argv[1]));
    };
    engine_in_use = load();
    const std::vector<std::string> basket(argv + 2, argv + argc);

    const crosslift::OfferList list = answer(basket);
    for (const std::string& warning : list.warnings) std::printf("note: %s\n", warning.c_str());
    for (const crosslift::Offer& offer : list.offers)
        std::printf("%-10s %-36s %7.2f  %s\n", offer.item.c_str(), offer.name.c_str(), static_cast<double>(offer.price),
                    offer.sentence.c_str());

    constexpr int threads = 4, requests = 2000;
    const auto start = Clock::now();
    {
        std::vector<std::jthread> workers;
        for (int n = 0; n < threads; ++n)
            workers.emplace_back([&basket] {
                for (int request = 0; request < requests; ++request) answer(basket);
            });
        engine_in_use = load();  // tonight's model; workers go on without a pause
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::printf("%d threads, %d requests in %.2f s, model swapped meanwhile\n", threads, threads * requests, seconds);
    return 0;
} catch (const crosslift::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
