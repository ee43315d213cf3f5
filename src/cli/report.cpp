// crosslift report: what a shop's purchases amount to.
#include "command.hpp"
#include "data_options.hpp"

#include <crosslift/sales_report.hpp>

#include <cstdio>
#include <memory>

namespace crosslift::cli {
namespace {

struct Report {
    DataOptions data;
    SalesReportOptions options;
    bool json = false;

    void run() const {
        const DataOptions::Shop shop = data.read();
        const EvaluationReport report = report_sales(shop.transactions, shop.catalog, options);
        std::printf("%s\n", json ? report.json().c_str() : report.table().c_str());
    }
};

}  // namespace

void add_report(CLI::App& program, Choice& choice) {
    auto report = std::make_shared<Report>();
    CLI::App& command = *program.add_subcommand("report", "Show what purchases amount to: order value, attach rate");
    command.footer(
        "Example:\n"
        "  crosslift report --transactions sales.csv.gz --catalog items.csv.gz --category department,category,type\n\n"
        "One row for all receipts, one for customers' first ones (new), one for their later ones (returning), with 95 "
        "%\n"
        "bootstrap intervals by customer. It says what happened, not what offers caused; what the data do not tell is\n"
        "left out.");
    report->data.add_to(command, "--transactions", "purchases: CSV or CSV.gz with a header line");
    command.add_option("--min-price-ratio", report->options.min_price_ratio, "what counts as trading up")
        ->capture_default_str();
    command.add_option("--bootstrap", report->options.bootstrap, "resamples behind each interval, 0: none")
        ->capture_default_str();
    command.add_option("--seed", report->options.seed, "of the resamples")->capture_default_str();
    command.add_option("--threads", report->options.threads, "0: all")->capture_default_str();
    command.add_flag("--json", report->json, "print one JSON object");
    command.callback([report, &choice] { choice.run = [report] { report->run(); }; });
}

}  // namespace crosslift::cli
