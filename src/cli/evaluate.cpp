// crosslift evaluate: how good are the offers on later purchases, beside simple methods that were tuned as well.
#include "command.hpp"
#include "data_options.hpp"
#include "engine_options.hpp"
#include "interrupt.hpp"
#include "model_summary.hpp"
#include "progress_bar.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/model_io.hpp>

#include <cstdio>
#include <memory>
#include <optional>

namespace crosslift::cli {
namespace {

struct Evaluate {
    DataOptions data;
    EngineOptions engine;
    EvaluationOptions options;
    std::string later;
    std::string model;
    std::string task = "all";
    double share = 0;
    bool json = false;

    struct Parts {
        Transactions train;
        Transactions later;
        Catalog catalog;
        std::string cut;  ///< empty when the caller brought two files
    };

    Parts read() const {
        if ((share != 0) == !later.empty()) {
            throw InvalidArgument(
                "give either --later FILE with the purchases to judge on, or --share 0.1 to take the "
                "newest tenth of the baskets");
        }
        if (!later.empty() && !data.data.empty()) {
            throw InvalidArgument("--data brings one set of purchases; cut it with --share 0.1 in place of --later");
        }
        DataOptions::Shop shop = data.read();
        if (!later.empty()) return {std::move(shop.transactions), data.read_more(later), std::move(shop.catalog), {}};
        TimeSplit split = split_by_time(shop.transactions, share);
        return {std::move(split.earlier), std::move(split.later), std::move(shop.catalog),
                format_time(split.cut, shop.transactions.time_kind())};
    }

    OfferEngine make_engine(const Parts& parts, const OfferEngineOptions& training, Interrupt& interrupt) const {
        if (!model.empty()) return load_offer_engine(model);
        OfferEngine made = fit_offer_engine(parts.train, parts.catalog, training, progress_bar(interrupt.token()));
        end_progress_bar();
        return made;
    }

    /// One report per task. A task that this data cannot be judged on is an error when it was asked for by name, and a
    /// line on stderr when all were.
    std::vector<EvaluationReport> judge(const OfferEngine& judged, const Parts& parts, Interrupt& interrupt) const {
        std::vector<EvaluationReport> reports;
        const auto add = [&](const char* name, auto&& evaluate) {
            if (task != "all" && task != name) return;
            try {
                reports.push_back(evaluate(judged, parts.train, parts.later, options, progress_bar(interrupt.token())));
                end_progress_bar();
            } catch (const DataError& error) {
                end_progress_bar();
                if (task != "all") throw;
                std::fprintf(stderr, "crosslift: %s left out: %s\n", name, error.what());
            }
        };
        add("basket_completion", evaluate_basket_completion);
        add("trade_up", evaluate_trade_up);
        if (reports.empty()) throw DataError("there was nothing to judge in the later purchases");
        return reports;
    }

    void run() {
        const OfferEngineOptions training = engine.read();
        options.seed = training.seed;
        options.threads = training.threads;
        Interrupt interrupt;
        const Parts parts = read();
        if (!json) {
            std::printf("train: %d baskets, %d items, %d customers; later: %d baskets%s%s\n",
                        parts.train.baskets().size(), parts.train.items().size(), parts.train.customers().size(),
                        parts.later.baskets().size(), parts.cut.empty() ? "" : ", from ", parts.cut.c_str());
            std::fflush(stdout);
        }
        const OfferEngine judged = make_engine(parts, training, interrupt);
        const auto reports = judge(judged, parts, interrupt);
        if (!json) {
            std::printf("engine:\n%s", summary_text(judged.models()).c_str());
            for (const auto& report : reports) std::printf("\n%s", report.table().c_str());
            return;
        }
        nlohmann::ordered_json result;
        result["engine"] = summary_json(judged.models());
        result["reports"] = nlohmann::ordered_json::array();
        for (const auto& report : reports) result["reports"].push_back(nlohmann::ordered_json::parse(report.json()));
        std::printf("%s\n", result.dump(2).c_str());
    }
};

void add_judging(CLI::App& command, EvaluationOptions& options) {
    const char* group = "Judging";
    const auto add = [&](const char* option, auto& value, const char* what) {
        command.add_option(option, value, what)->group(group)->capture_default_str();
    };
    add("--queries", options.max_queries, "at most this many queries, drawn at random; 0 = all");
    add("--targets-per-basket", options.max_targets_per_basket, "items taken out of one basket in turn; 0 = all");
    add("--bootstrap", options.bootstrap, "resamples for the intervals; 0 = none");
    add("--min-price-ratio", options.min_price_ratio, "trade_up: what counts as dearer");
    command
        .add_flag("--own-maximum", options.own_maximum,
                  "trade_up: dearer than the dearest item bought in the category, not the last")
        ->group(group);
    command.add_option("--ease-grid", options.ease_grid, "lambdas tried for EASE; the best is the yardstick")
        ->group(group)
        ->delimiter(',')
        ->type_name("LAMBDA,...");
}

}  // namespace

void add_evaluate(CLI::App& program, Choice& choice) {
    auto evaluate = std::make_shared<Evaluate>();
    CLI::App& command = *program.add_subcommand("evaluate", "Judge offers on later purchases, beside simple methods");
    command.footer(
        "Examples:\n"
        "  crosslift evaluate --data online_retail --share 0.1\n"
        "  crosslift evaluate --train until_may.csv.gz --later june.csv.gz --catalog items.csv.gz \\\n"
        "                     --category department,category --task trade_up --json\n\n"
        "basket_completion takes each item out of later baskets in turn and ranks all items of training: popularity,\n"
        "co-count, lift, cosine kNN, EASE with lambda tuned on these very queries, and Crosslift. Compare ratios to\n"
        "EASE (hr@10_to_ease), never absolute values. trade_up asks which dearer item of a category customers went\n"
        "for next. Intervals are 95 % bootstrap intervals by customer (by basket where there is none).");
    evaluate->data.add_to(command, "--train", "purchases to learn from: CSV or CSV.gz with a header line");
    command.add_option("--later", evaluate->later, "purchases to judge on, with the same columns")->type_name("FILE");
    command.add_option("--share", evaluate->share, "judge on the newest share of the baskets, such as 0.1")
        ->check(CLI::Range(0.0, 1.0));
    command.add_option("--model", evaluate->model, "judge this saved model in place of training one")
        ->type_name("FILE");
    command.add_option("--task", evaluate->task, "basket_completion, trade_up or all")
        ->check(CLI::IsMember({"basket_completion", "trade_up", "all"}))
        ->capture_default_str();
    add_judging(command, evaluate->options);
    evaluate->engine.add_to(command);
    command.add_flag("--json", evaluate->json, "print one JSON object");
    command.callback([evaluate, &choice] { choice.run = [evaluate] { evaluate->run(); }; });
}

}  // namespace crosslift::cli
