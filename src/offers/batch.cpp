#include <crosslift/batch.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

namespace crosslift {
namespace {

// The nth of customers or contacts, of which there is one per question, or none.
template <class T>
class OneEach {
public:
    OneEach(std::span<const T> given, std::size_t questions, const char* what) : given_(given) {
        if (!given.empty() && given.size() != questions)
            throw InvalidArgument(std::to_string(given.size()) + " " + what + " came for " + std::to_string(questions) +
                                  " questions; give one for each, or none");
    }
    const T& operator[](std::size_t n) const { return given_.empty() ? none_ : given_[n]; }

private:
    std::span<const T> given_;
    T none_;
};

}  // namespace

std::vector<OfferList> cross_sell_batch(const OfferEngine& engine, Baskets baskets, Ids customers,
                                        const OfferQuery& query, int threads) {
    const OneEach who(customers, baskets.size(), "customers");
    return answer_all(
        baskets.size(), [&](std::size_t n) { return engine.cross_sell(baskets[n], who[n], query); }, threads);
}

std::vector<OfferList> upsell_batch(const OfferEngine& engine, Ids items, Ids customers, const OfferQuery& query,
                                    int threads) {
    const OneEach who(customers, items.size(), "customers");
    return answer_all(
        items.size(), [&](std::size_t n) { return engine.upsell(items[n], who[n], query); }, threads);
}

std::vector<OfferList> recommend_batch(const OfferEngine& engine, Ids customers, const OfferQuery& query, int threads) {
    return answer_all(
        customers.size(), [&](std::size_t n) { return engine.recommend(customers[n], query); }, threads);
}

std::vector<OfferList> similar_items_batch(const OfferEngine& engine, Ids items, const OfferQuery& query, int threads) {
    return answer_all(
        items.size(), [&](std::size_t n) { return engine.similar_items(items[n], query); }, threads);
}

std::vector<Bundle> bundle_batch(const OfferEngine& engine, Ids items, Ids customers, const OfferQuery& query,
                                 const BundleOptions& options, int threads) {
    const OneEach who(customers, items.size(), "customers");
    return answer_all(
        items.size(), [&](std::size_t n) { return engine.bundle(items[n], who[n], query, options); }, threads);
}

std::vector<ReminderList> replenish_batch(const OfferEngine& engine, Ids customers, const OfferQuery& query,
                                          const ReminderOptions& options, int threads) {
    return answer_all(
        customers.size(), [&](std::size_t n) { return engine.replenish(customers[n], query, options); }, threads);
}

std::vector<OfferList> next_basket_batch(const OfferEngine& engine, Ids customers, const OfferQuery& query,
                                         const ReminderOptions& options, int threads) {
    return answer_all(
        customers.size(), [&](std::size_t n) { return engine.next_basket(customers[n], query, options); }, threads);
}

std::vector<PlacementOffers> offers_batch(const OfferEngine& engine, Baskets baskets, Ids customers,
                                          const PlacementOptions& options,
                                          std::span<const std::vector<Contact>> contacts, const OfferQuery& query,
                                          int threads) {
    const OneEach who(customers, baskets.size(), "customers");
    const OneEach seen(contacts, baskets.size(), "lists of contacts");
    return answer_all(
        baskets.size(), [&](std::size_t n) { return engine.offers(baskets[n], who[n], options, seen[n], query); },
        threads);
}

std::vector<TargetList> target_customers_batch(const OfferEngine& engine, Ids items, const OfferQuery& query,
                                               int threads) {
    return answer_all(
        items.size(), [&](std::size_t n) { return engine.target_customers(items[n], query); }, threads);
}

void for_each_query(std::int64_t count, const std::function<void(std::int64_t)>& ask, int threads) {
    if (count < 0 || threads < 0)
        throw InvalidArgument("a batch has " + std::to_string(count) + " queries on " + std::to_string(threads) +
                              " threads; both must be 0 or more");
    const auto wanted =
        static_cast<std::int64_t>(threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency()));
    std::atomic<std::int64_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_lock;
    const auto work = [&] {
        try {
            for (std::int64_t n = next++; n < count; n = next++) ask(n);
        } catch (...) {
            const std::lock_guard lock(failure_lock);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    {
        std::vector<std::jthread> crew;
        for (std::int64_t n = 1; n < std::min(wanted, count); ++n) crew.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace crosslift
