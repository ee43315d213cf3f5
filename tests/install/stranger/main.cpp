// Trains on a few purchases of a made-up shop, saves the engine, loads it again and asks for offers.
#include <crosslift/crosslift.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

// Tea goes with milk and coffee with sugar; bread is in every third basket.
crosslift::Transactions purchases() {
    crosslift::TransactionTable table;
    for (int basket = 0; basket < 300; ++basket) {
        std::vector<std::string> items =
            basket % 2 == 0 ? std::vector<std::string>{"tea", "milk"} : std::vector<std::string>{"coffee", "sugar"};
        if (basket % 3 == 0) items.emplace_back("bread");
        for (const std::string& item : items) {
            table.customer.push_back("customer " + std::to_string(basket % 40));
            table.basket.push_back(std::to_string(basket));
            table.item.push_back(item);
        }
    }
    return crosslift::Transactions(std::move(table));
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string file = argc > 1 ? argv[1] : "stranger.safetensors";
    crosslift::save(crosslift::fit_offer_engine(purchases()), file);
    const crosslift::OfferEngine engine = crosslift::load_offer_engine(file);
    const std::vector<std::string> basket = {"tea"};
    for (const crosslift::Offer& offer : engine.cross_sell(basket).offers) {
        std::cout << "offer: " << offer.item << " (" << offer.evidence.together << " of " << offer.evidence.first
                  << ")\n";
    }
    try {
        crosslift::load_offer_engine("no such file");
    } catch (const crosslift::FileError& error) {
        std::cout << "caught: " << error.what() << '\n';  // the type is known on both sides of the library's border
    }
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
