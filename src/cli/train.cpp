// crosslift train: purchases in, a model file out.
#include "command.hpp"
#include "data_options.hpp"
#include "engine_options.hpp"
#include "interrupt.hpp"
#include "model_summary.hpp"
#include "progress_bar.hpp"

#include <crosslift/model_io.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace crosslift::cli {
namespace {

struct Train {
    DataOptions data;
    EngineOptions engine;
    std::string model;
    bool json = false;

    void run() const {
        const OfferEngineOptions options = engine.read();
        Interrupt interrupt;
        const DataOptions::Shop shop = data.read();
        const TransactionReport& report = shop.transactions.report();
        if (!json) std::printf("%s", report.text().c_str());
        std::fflush(stdout);
        const OfferEngine trained =
            fit_offer_engine(shop.transactions, shop.catalog, options, progress_bar(interrupt.token()));
        end_progress_bar();
        interrupt.end_at_once();
        save(trained, model);
        const auto bytes = std::filesystem::file_size(model);
        if (json) {
            nlohmann::ordered_json result = summary_json(trained.models());
            result["lines"] = report.lines;
            result["kept"] = report.kept;
            result["rejected"] = report.reasons();
            result["model"] = model;
            result["bytes"] = bytes;
            std::printf("%s\n", result.dump(2).c_str());
            return;
        }
        std::printf("Learned:\n%s", summary_text(trained.models()).c_str());
        std::printf("Saved %s (%.1f MB). Next: crosslift offers --model %s --help\n", model.c_str(),
                    static_cast<double>(bytes) / 1e6, model.c_str());
    }
};

}  // namespace

void add_train(CLI::App& program, Choice& choice) {
    auto train = std::make_shared<Train>();
    CLI::App& command = *program.add_subcommand("train", "Learn from purchases and save a model");
    command.footer(
        "Example:\n"
        "  crosslift train --transactions sales.csv.gz --catalog items.csv.gz --category department,category,type \\\n"
        "                  --name-columns type,brand --model shop.safetensors\n\n"
        "A line of the purchases is one line of a receipt. Only basket and item are needed; customer, time, quantity\n"
        "and price make the offers better. Lines that cannot be used are counted by reason, never silently lost.\n"
        "Ctrl-C stops within a second and writes nothing.");
    train->data.add_to(command, "--transactions", "purchases: CSV or CSV.gz with a header line");
    command.add_option("--model", train->model, "file to write")->required()->type_name("FILE");
    train->engine.add_to(command);
    command.add_flag("--json", train->json, "print one JSON object");
    command.callback([train, &choice] { choice.run = [train] { train->run(); }; });
}

}  // namespace crosslift::cli
